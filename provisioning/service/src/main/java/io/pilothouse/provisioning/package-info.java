/**
 * The Provisioning Service: finds machines and takes them into their image. Start here: {@link
 * io.pilothouse.provisioning.Main} wires two loops. {@code Discovery} looks for chassis and reports
 * those that the Device Manager does not know. {@code Installs} carries out what the Device Manager
 * assigned: boots a machine into the installer, and, once that has written and tested everything,
 * from its disk. One instance acts, the holder of the lease {@code provisioning}.
 *
 * <p>Imaging itself is done on the machine, by its agent acting as installer; the decision that a
 * machine is imaged at all is the Device Manager's, for that very machine, under a fencing token.
 */
@NullMarked
package io.pilothouse.provisioning;

import org.jspecify.annotations.NullMarked;

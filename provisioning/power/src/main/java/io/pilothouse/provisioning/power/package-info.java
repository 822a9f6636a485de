/**
 * How machines are switched on and off. Start here: {@link
 * io.pilothouse.provisioning.power.PowerDriver} is what the repair and provisioning services act
 * through; {@link io.pilothouse.provisioning.power.LocalPower} is the driver of emulated machines,
 * which really kills, wipes and starts processes.
 *
 * <p>An emulated machine is a directory: {@code chassis/} is its hardware, {@code disk/} its disk.
 * Its processes are those that carry its name in their environment, whoever started them.
 */
@NullMarked
package io.pilothouse.provisioning.power;

import org.jspecify.annotations.NullMarked;

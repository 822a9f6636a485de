/**
 * What of a machine is offered to frameworks, as the fleet's files say it: shared by who reads and
 * writes the files and by the Device Manager, whom nobody need have asked through files. Start at
 * {@link io.pilothouse.manifests.offers.OfferedWords}.
 */
@NullMarked
package io.pilothouse.manifests.offers;

import org.jspecify.annotations.NullMarked;

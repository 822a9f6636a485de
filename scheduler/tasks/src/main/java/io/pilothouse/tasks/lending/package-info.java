/**
 * What tasks have of a machine and do not use is lent to others, and taken back from these (Mesos:
 * oversubscription). {@link io.pilothouse.tasks.lending.ResourceEstimator} says how much can be
 * lent, {@link io.pilothouse.tasks.lending.QosController} who has to go; both only look at {@link
 * io.pilothouse.tasks.lending.Usage} and touch nothing. Another of either is given to the agent by
 * {@link io.pilothouse.tasks.lending.Lending}. Whoever asks them is {@code
 * io.pilothouse.tasks.Oversubscription}.
 */
@NullMarked
package io.pilothouse.tasks.lending;

import org.jspecify.annotations.NullMarked;

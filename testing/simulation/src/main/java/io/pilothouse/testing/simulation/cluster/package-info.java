/**
 * The replicated Device Manager as a whole in virtual time: replicas of the real state machine over
 * a model of Raft, of its disks and of the network, with operators, satellites and machines that
 * keep to the real protocol. One thread and one seed; the same seed gives the same run, to the
 * message.
 *
 * <p>Start here: {@link io.pilothouse.testing.simulation.cluster.ClusterSimulation} runs one seed.
 * {@link io.pilothouse.testing.simulation.cluster.Raft} is the model of the log, {@link
 * io.pilothouse.testing.simulation.cluster.Ledger} hosts the state machine as {@code dm.raft} does,
 * {@link io.pilothouse.testing.simulation.cluster.Storm} breaks things, and {@link
 * io.pilothouse.testing.simulation.cluster.Oracle} is told of all that is applied and knows what
 * must hold. {@link io.pilothouse.testing.simulation.cluster.Defect} lists what was put in on
 * purpose, to see that it is found.
 *
 * <p>In the words of the Raft papers: a trial vote is a pre-vote, {@code AskVote} is RequestVote,
 * {@code Append} AppendEntries, {@code Install} InstallSnapshot, {@code Stand} TimeoutNow, and
 * {@code AskTerm} the round of a ReadIndex.
 */
@NullMarked
package io.pilothouse.testing.simulation.cluster;

import org.jspecify.annotations.NullMarked;

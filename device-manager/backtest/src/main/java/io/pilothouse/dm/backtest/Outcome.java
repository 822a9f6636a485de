package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.RepairPolicy;
import java.util.List;
import java.util.SortedSet;

/**
 * All that a backtest found.
 *
 * @param file where the policy stands
 * @param from times in milliseconds
 * @param remarks gaps in the record and where the replay differed, as sentences
 */
record Outcome(
    String file,
    RepairPolicy policy,
    SortedSet<String> types,
    long from,
    long to,
    long entries,
    List<String> remarks,
    Comparison comparison) {}

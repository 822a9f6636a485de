package io.pilothouse.dm.server;

/**
 * What happened: the audit trail, and the log that it came from.
 *
 * @param events for people
 * @param record for backtests
 */
record HistoryReads(EventReads events, RecordReads record) {}

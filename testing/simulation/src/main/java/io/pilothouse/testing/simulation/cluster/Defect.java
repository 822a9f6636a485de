package io.pilothouse.testing.simulation.cluster;

/** What can be wrong with a cluster on purpose. Each is a mistake that somebody could make. */
public enum Defect {
  NONE,
  /** A leader takes its own disk for a majority. */
  COMMITS_ALONE,
  /** A follower answers before its disk has the entries. */
  ANSWERS_BEFORE_SYNC,
  /** What was synced is gone after a power loss, now and then. */
  LOSES_SYNCED_ENTRIES,
  /** A replica votes for everybody who asks in a term. */
  VOTES_TWICE_IN_A_TERM,
  /** A replica that lost its disk comes back under its old name. */
  RETURNS_WITHOUT_ITS_DISK,
  /** A follower takes entries that do not follow on what it has. */
  TAKES_ENTRIES_WITHOUT_LOOKING,
  /** A change of the members needs the new majority only. */
  CHANGES_MEMBERS_ALONE,
  /** Sessions are left out of snapshots: a retry after one is done again. */
  SNAPSHOTS_WITHOUT_SESSIONS,
  /** After a restart, entries that the database holds are applied to it again. */
  APPLIES_AGAIN_AFTER_RESTART,
  /** Each replica takes the time from its own clock. */
  STAMPS_AT_EACH_REPLICA,
  /** A leader answers reads from its state, whether it still leads or not. */
  READS_WITHOUT_ASKING,
  /** A leader answers reads while a majority was heard within 0.7 of the election timeout. */
  READS_WHEN_HEARD_LATELY,
  /** A follower answers those who have seen more than it has. */
  PULLS_GO_BACK,
  /** A client that got no answer asks again under a new sequence. */
  RETRIES_AS_ANOTHER_REQUEST,
  /** A satellite does not look at its lease, nor for an announcement, before it acts. */
  ACTS_WITHOUT_ITS_LEASE,
  /** A satellite that is not sure whether a repair was executed executes it again. */
  EXECUTES_AGAIN_TO_BE_SURE,
}

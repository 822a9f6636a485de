package io.pilothouse.driver;

/**
 * Which task, where.
 *
 * @param id TaskID
 * @param agent AgentID; may be empty
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Task(byte[] id, byte[] agent) {
  static final int STATUS_UUID = 11;
  private static final int TASK_LOST = 5;
  private static final int SOURCE_MASTER = 0;
  private static final int MASTER_DISCONNECTED = 7;

  static Task ofInfo(Fields info) {
    return new Task(info.bytes(2), info.bytes(3));
  }

  static Task ofStatus(Fields status) {
    return new Task(status.bytes(1), status.bytes(5));
  }

  Message write(Message to, int idField, int agentField) {
    to.bytes(idField, id);
    return agent.length == 0 ? to : to.bytes(agentField, agent);
  }

  /** TaskStatus of one that never went out; without a uuid, so that it is not acknowledged. */
  byte[] lost(String why, boolean disconnected) {
    Message status =
        write(new Message(), 1, 5).number(2, TASK_LOST).text(4, why).number(9, SOURCE_MASTER);
    return disconnected ? status.number(10, MASTER_DISCONNECTED).toBytes() : status.toBytes();
  }
}

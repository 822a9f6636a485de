package io.pilothouse.driver;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A call of a framework, all but whose it is. Numbers are those of mesos/v1/scheduler.proto.
 *
 * @param type its number
 * @param field where its body is; 0 of those without one
 */
public record Call(String name, int type, int field, Message body) {
  private static final int FRAMEWORK_ID = 1;
  private static final int TYPE = 2;
  private static final int SUBSCRIBE = 3;
  private static final int LAUNCH = 1;

  /** As it is sent, by this framework (its FrameworkID). */
  byte[] toBytes(byte[] framework) {
    Message call = new Message().bytes(FRAMEWORK_ID, framework).number(TYPE, type);
    return field == 0 ? call.toBytes() : call.message(field, body).toBytes();
  }

  /**
   * SUBSCRIBE, as sent.
   *
   * @param framework its FrameworkID, empty if it has none yet
   */
  static byte[] subscribe(Self self, byte[] framework) {
    Message call = new Message();
    if (framework.length > 0) {
      call.bytes(FRAMEWORK_ID, framework);
    }
    return call.number(TYPE, 1).message(SUBSCRIBE, self.body(framework)).toBytes();
  }

  static Call update(Self self, byte[] framework) {
    return new Call("UPDATE_FRAMEWORK", 17, 19, self.body(framework));
  }

  static Call teardown() {
    return new Call("TEARDOWN", 2, 0, new Message());
  }

  public static Call accept(
      Collection<byte[]> offers, Collection<byte[]> operations, byte[] filters) {
    return new Call(
        "ACCEPT", 3, 4, new Message().all(1, offers).all(2, operations).bytes(3, filters));
  }

  /** An operation for {@link #accept}. */
  public static byte[] launch(Collection<byte[]> tasks) {
    return new Message().number(1, LAUNCH).message(2, new Message().all(1, tasks)).toBytes();
  }

  public static Call decline(Collection<byte[]> offers, byte[] filters) {
    return new Call("DECLINE", 4, 5, new Message().all(1, offers).bytes(2, filters));
  }

  public static Call revive(Collection<String> roles) {
    return new Call("REVIVE", 5, 15, roles(roles));
  }

  public static Call suppress(Collection<String> roles) {
    return new Call("SUPPRESS", 12, 16, roles(roles));
  }

  private static Message roles(Collection<String> roles) {
    Message body = new Message();
    roles.forEach(each -> body.text(1, each));
    return body;
  }

  public static Call kill(byte[] task) {
    return new Call("KILL", 6, 6, new Message().bytes(1, task));
  }

  public static Call reconcile(Collection<Task> tasks) {
    Message body = new Message();
    tasks.forEach(each -> body.message(1, each.write(new Message(), 1, 2)));
    return new Call("RECONCILE", 9, 9, body);
  }

  public static Call message(byte[] agent, byte[] executor, byte[] data) {
    return new Call(
        "MESSAGE", 10, 10, new Message().bytes(1, agent).bytes(2, executor).bytes(3, data));
  }

  public static Call request(Collection<byte[]> requests) {
    return new Call("REQUEST", 11, 11, new Message().all(1, requests));
  }

  /** Of a status with a uuid. */
  static Call acknowledge(Fields status) {
    Message body = Task.ofStatus(status).write(new Message(), 2, 1);
    return new Call("ACKNOWLEDGE", 8, 8, body.bytes(3, status.bytes(Task.STATUS_UUID)));
  }

  /** The tasks that it would launch. */
  List<Task> tasks() throws IOException {
    if (!name.equals("ACCEPT")) {
      return List.of();
    }
    List<Task> tasks = new ArrayList<>();
    for (byte[] each : Fields.of(body.toBytes()).all(2)) {
      Fields operation = Fields.of(each);
      if (operation.number(1) == LAUNCH) {
        for (byte[] task : Fields.of(operation.bytes(2)).all(1)) {
          tasks.add(Task.ofInfo(Fields.of(task)));
        }
      }
    }
    return tasks;
  }
}

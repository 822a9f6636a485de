package io.pilothouse.testing.simulation;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.Consumer;

/** The network: loses, doubles, delays and so reorders what is sent, and the answers. */
final class Wire {
  private static final long TIMEOUT_MS = 10_000;

  private final Agenda agenda;
  private final Random random;
  private final FakeDeviceManager dm;
  private Profile profile;

  Wire(Agenda agenda, Random random, FakeDeviceManager dm, Profile profile) {
    this.agenda = agenda;
    this.random = random;
    this.dm = dm;
    this.profile = profile;
  }

  void become(Profile other) {
    profile = other;
  }

  /** Calls the Device Manager; the answer comes once, in time, or never. */
  void call(String principal, Command.Builder command, Consumer<Reply> onReply) {
    call(request(principal, command).build(), onReply);
  }

  void call(Request request, Consumer<Reply> onReply) {
    long deadline = agenda.now() + TIMEOUT_MS;
    boolean[] answered = new boolean[1];
    send(
        () ->
            dm.submit(
                request,
                reply ->
                    sendOnce(
                        () -> {
                          if (agenda.now() <= deadline && !answered[0]) {
                            answered[0] = true;
                            onReply.accept(reply);
                          }
                        })));
  }

  Request.Builder request(String principal, Command.Builder command) {
    byte[] entropy = ByteBuffer.allocate(8).putLong(random.nextLong()).array();
    return Request.newBuilder()
        .setPrincipal(principal)
        .setRequestId("rid")
        .setReason("the simulation has it so")
        .setEntropy(ByteString.copyFrom(entropy))
        .setCommand(command);
  }

  /** Has the receiver act on a message: once, twice, late or never. */
  void send(Runnable act) {
    sendOnce(act);
    if (chance(profile.duplicates())) {
      sendOnce(act);
    }
  }

  private void sendOnce(Runnable act) {
    if (chance(profile.loss())) {
      return;
    }
    if (chance(profile.delayed())) {
      agenda.after((long) (random.nextDouble() * profile.longestDelay()), act);
    } else {
      act.run();
    }
  }

  private boolean chance(double share) {
    return share > 0 && random.nextDouble() < share;
  }
}

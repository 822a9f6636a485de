package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Commands that nobody would send: any field may have any value, sensible or not. Each is done or
 * refused. One that threw would end every replica, at that entry, at each start.
 */
class ArbitraryCommandTest {
  private static final int SEEDS = Integer.getInteger("pilothouse.fuzz.seeds", 40);
  private static final int COMMANDS = 150;
  private static final int DEEPEST = 5;
  private static final List<FieldDescriptor> KINDS =
      Command.getDescriptor().getOneofs().getFirst().getFields();

  private final Map<String, Integer> done = new TreeMap<>();

  @Test
  void everyCommandIsDoneOrRefused() {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(seed);
    }
    assertThat(done.size()).as("kinds that were done at least once: %s", done).isGreaterThan(10);
  }

  private void run(long seed) {
    Random random = new Random(seed);
    FleetScenario fleet = FleetScenario.inService();
    List<String> words = words(fleet.state);
    Apply apply = new Apply();
    long index = fleet.log.size() + 1L;
    long now = fleet.state.meta().getNow();
    for (int i = 0; i < COMMANDS; i++) {
      Command command = command(random, words);
      Request.Builder request =
          Request.newBuilder()
              .setCommand(command)
              .setPrincipal(
                  pick(random, List.of("operator/a", "machine/web-01", "satellite/x", "")))
              .setReason(pick(random, words));
      now += random.nextInt(3_000);
      Entry entry = Entry.newBuilder().setAt(now).addRequests(request).build();
      Reply reply;
      try {
        reply = apply.apply(fleet.state, entry, index++).replies().getFirst();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", command " + i + ": " + entry, e);
      }
      if (reply.hasRefusal()) {
        assertThat(reply.getRefusal().getMessage()).as("%s", entry).isNotBlank();
      } else {
        done.merge(command.getKindCase().name(), 1, Integer::sum);
      }
    }
  }

  /** What is in the state, so that commands are about something, and what is in none. */
  private static List<String> words(State state) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "",
                " ",
                "x",
                "é\u0000\n",
                "a".repeat(300),
                "*",
                "web-[01-",
                "fleet",
                "unit/su-1",
                "rack/r1",
                "repair",
                "provisioning",
                "scheduler",
                "holder-0",
                "1.0.0",
                "a".repeat(64),
                "%s",
                "98%",
                "disk",
                "../..",
                "R-1",
                "O-1",
                "I-1",
                "os",
                "base"));
    words.addAll(state.table(Table.MACHINE).keySet());
    state.fleet().getTypesList().forEach(each -> words.add(each.getName()));
    state.fleet().getUnitsList().forEach(each -> words.add(each.getName()));
    state.fleet().getWatchdogsList().forEach(each -> words.add(each.getName()));
    return words;
  }

  private static Command command(Random random, List<String> words) {
    FieldDescriptor kind = KINDS.get(random.nextInt(KINDS.size()));
    Command.Builder command = Command.newBuilder();
    Message.Builder inner = command.newBuilderForField(kind);
    fill(inner, random, words, 1);
    return command.setField(kind, inner.build()).build();
  }

  private static void fill(Message.Builder message, Random random, List<String> words, int depth) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (random.nextInt(4) == 0) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = random.nextInt(3); i > 0; i--) {
          Object value = value(message, field, random, words, depth);
          if (value != null) {
            message.addRepeatedField(field, value);
          }
        }
      } else {
        Object value = value(message, field, random, words, depth);
        if (value != null) {
          message.setField(field, value);
        }
      }
    }
  }

  private static Object value(
      Message.Builder message,
      FieldDescriptor field,
      Random random,
      List<String> words,
      int depth) {
    return switch (field.getJavaType()) {
      case INT -> (int) number(random);
      case LONG -> number(random);
      case FLOAT -> (float) number(random);
      case DOUBLE -> (double) number(random);
      case BOOLEAN -> random.nextBoolean();
      case STRING -> pick(random, words);
      case BYTE_STRING -> ByteString.copyFromUtf8(pick(random, words));
      case ENUM -> {
        EnumDescriptor values = field.getEnumType();
        // one in eight is of a version that does not exist yet
        yield random.nextInt(8) == 0
            ? values.findValueByNumberCreatingIfUnknown(99)
            : values.getValues().get(random.nextInt(values.getValues().size()));
      }
      case MESSAGE -> {
        if (depth >= DEEPEST) {
          yield null;
        }
        Message.Builder inner = message.newBuilderForField(field);
        fill(inner, random, words, depth + 1);
        yield inner.build();
      }
    };
  }

  private static long number(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> -1;
      case 2 -> Long.MAX_VALUE;
      case 3 -> Long.MIN_VALUE;
      case 4 -> Integer.MAX_VALUE;
      case 5 -> random.nextLong();
      default -> random.nextInt(100_000);
    };
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}

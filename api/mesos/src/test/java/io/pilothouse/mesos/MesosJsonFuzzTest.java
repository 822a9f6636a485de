package io.pilothouse.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.mesos.v1.master.Response;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any message comes back as it was written; any damage is refused in an orderly way or read. */
class MesosJsonFuzzTest {
  private static final List<Message> PROTOTYPES =
      List.of(
          Call.getDefaultInstance(),
          io.pilothouse.mesos.v1.scheduler.Event.getDefaultInstance(),
          Event.getDefaultInstance(),
          Response.getDefaultInstance());

  @Test
  void anyMessageComesBackAsItWasWritten() throws Exception {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      Message prototype = PROTOTYPES.get(seed % PROTOTYPES.size());
      Message.Builder message = prototype.newBuilderForType();
      fill(message, random, 5);
      Message written = message.build();
      byte[] json = MesosJson.write(written);
      Message read = MesosJson.read(json, prototype);
      // what was told unset is set now: once more round, and nothing changes
      assertThat(MesosJson.write(read)).as("seed %d", seed).isEqualTo(json);
      assertThat(withoutDefaults(read)).as("seed %d", seed).isEqualTo(withoutDefaults(written));
    }
  }

  @Test
  void anyDamageIsRefusedInAnOrderlyWayOrRead() {
    int refused = 0;
    for (int seed = 0; seed < 4_000; seed++) {
      Random random = new Random(seed);
      Message prototype = PROTOTYPES.get(seed % PROTOTYPES.size());
      Message.Builder message = prototype.newBuilderForType();
      fill(message, random, 3);
      byte[] json = MesosJson.write(message.build());
      for (int i = random.nextInt(4); i >= 0; i--) {
        byte[] bits = "{}[]\",:0e-.ntf\\\u00ff".getBytes(StandardCharsets.ISO_8859_1);
        json[random.nextInt(json.length)] = bits[random.nextInt(bits.length)];
      }
      try {
        assertThat(MesosJson.read(json, prototype).isInitialized()).isTrue();
      } catch (JsonTroubleException e) {
        refused++;
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(refused).isBetween(1_000, 4_000);
  }

  private static Message withoutDefaults(Message message) {
    Message.Builder bare = message.toBuilder();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.isMapField()) {
                return;
              }
              if (field.isRepeated() && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                bare.clearField(field);
                ((List<?>) value)
                    .forEach(each -> bare.addRepeatedField(field, withoutDefaults((Message) each)));
              } else if (!field.isRepeated()
                  && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                bare.setField(field, withoutDefaults((Message) value));
              } else if (!field.isRepeated()
                  && field.hasDefaultValue()
                  && !field.isRequired()
                  && value.equals(field.getDefaultValue())) {
                bare.clearField(field);
              }
            });
    return bare.buildPartial();
  }

  private static void fill(Message.Builder message, Random random, int depth) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      boolean wanted = field.isRequired() || (depth > 0 && random.nextInt(4) == 0);
      if (!wanted) {
        continue;
      }
      if (field.isMapField()) {
        Message.Builder entry = message.newBuilderForField(field);
        FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
        FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
        entry.setField(key, "k" + random.nextInt(100));
        entry.setField(value, value(entry, value, random, depth - 1));
        message.addRepeatedField(field, entry.build());
      } else if (field.isRepeated()) {
        for (int i = random.nextInt(3); i > 0; i--) {
          message.addRepeatedField(field, value(message, field, random, depth - 1));
        }
      } else {
        message.setField(field, value(message, field, random, depth - 1));
      }
    }
  }

  private static Object value(
      Message.Builder message, FieldDescriptor field, Random random, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt();
      case LONG -> random.nextLong();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextInt(10) == 0 ? Double.POSITIVE_INFINITY : random.nextGaussian();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> "s\u00e9\u4e16\"\\\n".substring(random.nextInt(6));
      case BYTE_STRING -> {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        yield ByteString.copyFrom(bytes);
      }
      case ENUM -> {
        EnumDescriptor of = field.getEnumType();
        yield of.getValues().get(random.nextInt(of.getValues().size()));
      }
      case MESSAGE -> {
        Message.Builder inner = message.newBuilderForField(field);
        fill(inner, random, depth);
        yield inner.build();
      }
    };
  }
}

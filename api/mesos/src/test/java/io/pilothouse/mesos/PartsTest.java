package io.pilothouse.mesos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.io.ByteArrayOutputStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A body's length does not bound what it becomes. */
class PartsTest {
  private static final String TOO_MANY =
      "it has more than 1000 messages and texts: send less at a time";

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(UTF_8);
  }

  private static void isRefused(MediaType type, byte[] body) {
    assertThatThrownBy(() -> type.read(body, Call.getDefaultInstance(), "Call", new Parts(1000)))
        .isInstanceOf(BadBodyException.class)
        .hasMessage(
            (type == MediaType.JSON
                    ? "Failed to convert JSON into Call protobuf: "
                    : "Failed to parse body into Call protobuf: ")
                + TOO_MANY);
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void messagesAndTextsCountAndNumbersDoNot(MediaType type) throws Exception {
    Call.Builder call = Call.newBuilder().setType(Call.Type.ACCEPT); // 1
    call.getFrameworkIdBuilder().setValue("f"); // 2
    call.getAcceptBuilder().addOfferIdsBuilder().setValue("o"); // 3
    call.getAcceptBuilder().getFiltersBuilder().setRefuseSeconds(5); // 1
    call.getAcknowledgeBuilder().setUuid(ByteString.copyFromUtf8("u")); // 2
    call.getAcknowledgeBuilder().getAgentIdBuilder().setValue("a"); // 2
    call.getAcknowledgeBuilder().getTaskIdBuilder().setValue("t"); // 2
    Parts parts = new Parts(13);
    Call read = type.read(type.write(call.build()), Call.getDefaultInstance(), "Call", parts);
    assertThat(read.getAcknowledge()).isEqualTo(call.getAcknowledge());
    assertThat(parts.seen()).isEqualTo(13);
  }

  @Test
  void emptyMessagesAreCountedBeforeTheyAreMade() {
    String operations = "{},".repeat(1000) + "{}";
    isRefused(
        MediaType.JSON, json("{'type':'ACCEPT','accept':{'operations':[" + operations + "]}}"));
    Call.Builder call = Call.newBuilder();
    IntStream.range(0, 1000).forEach(i -> call.getAcceptBuilder().addOperationsBuilder());
    isRefused(MediaType.PROTOBUF, call.buildPartial().toByteArray());
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void shortTextsAreCounted(MediaType type) {
    Call.Builder call = Call.newBuilder();
    IntStream.range(0, 1000).forEach(i -> call.getSuppressBuilder().addRoles("r"));
    isRefused(type, type.write(call.build()));
  }

  @Test
  void theKeysOfAMapAreCounted() {
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      map.append(i == 0 ? "" : ",").append("'").append(i).append("':{}");
    }
    isRefused(
        MediaType.JSON,
        json(
            "{'subscribe':{'framework_info':{'user':'u','name':'n','offer_filters':{"
                + map
                + "}}}}"));
  }

  @Test
  void whatNobodyKnowsIsKeptAndCountsInGroupsToo() throws Exception {
    UnknownFieldSet.Builder unknown = UnknownFieldSet.newBuilder();
    UnknownFieldSet.Field.Builder numbers = UnknownFieldSet.Field.newBuilder();
    IntStream.range(0, 1000).forEach(numbers::addVarint);
    isRefused(MediaType.PROTOBUF, unknown.addField(1000, numbers.build()).build().toByteArray());
    UnknownFieldSet.Field group =
        UnknownFieldSet.Field.newBuilder()
            .addGroup(
                UnknownFieldSet.newBuilder()
                    .addField(
                        7,
                        UnknownFieldSet.Field.newBuilder()
                            .addGroup(
                                UnknownFieldSet.newBuilder().addField(1, numbers.build()).build())
                            .build())
                    .build())
            .build();
    isRefused(
        MediaType.PROTOBUF,
        UnknownFieldSet.newBuilder().addField(1000, group).build().toByteArray());
    // a field that is known, in a form that is not its own
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (int i = 0; i < 1000; i++) {
      out.writeInt64(Call.ACCEPT_FIELD_NUMBER, i);
    }
    out.flush();
    isRefused(MediaType.PROTOBUF, bytes.toByteArray());
  }

  @Test
  void whatIsMalformedIsRefusedAsItWas() {
    for (byte[] body : new byte[][] {{0x0c}, {0x12, 0x7f}, {0x0b}, {0x12}, {0x0a, 1, 0x0c}, {0}}) {
      assertThatThrownBy(
              () ->
                  MediaType.PROTOBUF.read(body, Call.getDefaultInstance(), "Call", new Parts(1000)))
          .hasMessage("Failed to parse body into Call protobuf");
    }
  }
}

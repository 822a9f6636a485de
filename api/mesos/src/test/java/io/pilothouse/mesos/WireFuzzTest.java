package io.pilothouse.mesos;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bodies and streams of Mesos' API, in both forms. */
class WireFuzzTest {
  private static final int LONGEST = 100_000;

  private static final String CALL =
      "{'framework_id':{'value':'f'},'type':'ACCEPT','accept':{'offer_ids':[{'value':'o'}],"
          + "'operations':[{'type':'LAUNCH','launch':{'task_infos':[{'name':'n','task_id':{'value':"
          + "'t'},'agent_id':{'value':'a'},'resources':[{'name':'cpus','type':'SCALAR','scalar':"
          + "{'value':0.5}},{'name':'ports','type':'RANGES','ranges':{'range':[{'begin':1,'end':2}"
          + "]}}],'limits':{'cpus':{'value':1}},'command':{'shell':true,'value':'x','environment':"
          + "{'variables':[{'name':'A','value':'b'}]}},'data':'aGk='}]}}],'filters':"
          + "{'refuse_seconds':5}}}";

  private static final String OPERATOR =
      "{'type':'SET_QUOTA','set_quota':{'quota_request':{'force':true,'role':'r','guarantee':["
          + "{'name':'mem','type':'SCALAR','scalar':{'value':512}}]}}}";

  private static final List<Message> PROTOTYPES =
      List.of(
          Call.getDefaultInstance(),
          io.pilothouse.mesos.v1.master.Call.getDefaultInstance(),
          io.pilothouse.mesos.v1.executor.Call.getDefaultInstance(),
          io.pilothouse.mesos.v1.scheduler.Event.getDefaultInstance());

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  private static <M extends Message> byte[] json(String text, M prototype) throws Exception {
    return MesosJson.write(MesosJson.read(text.replace('\'', '"').getBytes(UTF_8), prototype));
  }

  /** Whether it is any of them; what was read is written and read again as the same. */
  private static boolean isRead(MediaType type, byte[] input) throws Exception {
    boolean any = false;
    for (Message each : PROTOTYPES) {
      try {
        Message read = type.read(input, each, "Call");
        any = true;
        byte[] again = type.write(read);
        assertThat(type.write(type.read(again, each, "Call"))).isEqualTo(again);
      } catch (BadBodyException e) {
        Wording.check(e.getMessage());
      }
    }
    return any;
  }

  @Test
  void json() throws Exception {
    both(
        Fuzz.of("mesos-json")
            .sound(json(CALL, Call.getDefaultInstance()))
            .sound(json(OPERATOR, io.pilothouse.mesos.v1.master.Call.getDefaultInstance()))
            .tokens("{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e999999999", "\\u0000")
            .tokens("NaN", "\"Infinity\"", "\"-Infinity\"", "\"0x1p3\"", "-0", "1e400", "\"1f\"")
            .tokens("\"type\":", "\"value\":", "\u001b[2J", "\u00ff", "/*", "\\ud800", "'", "{}")
            .tokens("\"SUBSCRIBE\"", "\"UNKNOWN\"", "\"*\"", "====", "\n", "\t")
            .inputs(10_000)
            .allocating(4 << 20, 1_500)
            .run(input -> isRead(MediaType.JSON, input)));
  }

  @Test
  void protobuf() throws Exception {
    both(
        Fuzz.of("mesos-protobuf")
            .sound(
                MesosJson.read(CALL.replace('\'', '"').getBytes(UTF_8), Call.getDefaultInstance())
                    .toByteArray())
            .tokens(
                "\n\u0000",
                "\u0010\u0001",
                "\u001a",
                "\u00ff\u00ff\u00ff\u000f",
                "\u000b",
                "\u000c")
            .inputs(10_000)
            .allocating(4 << 20, 1_500)
            .run(input -> isRead(MediaType.PROTOBUF, input)));
  }

  /** In one piece or byte by byte, the records are the same. */
  @Test
  void records() {
    both(
        Fuzz.of("record-io")
            .sound("5\nhello11\nhello again", "1\nx")
            .tokens("\n", "0", "100000\n", "100001\n", "00000000000000000001\n", "-1\n", "+", " ")
            .inputs(20_000)
            .allocating(4 << 20, 300)
            .run(
                input -> {
                  List<String> whole = new ArrayList<>();
                  List<String> pieces = new ArrayList<>();
                  String first = end(whole, input, input.length);
                  String second = end(pieces, input, 1 + input.length % 7);
                  assertThat(pieces).isEqualTo(whole);
                  assertThat(second).isEqualTo(first);
                  return first.isEmpty();
                }));
  }

  /** Why it is none; empty when it is one. */
  private static String end(List<String> records, byte[] input, int piece) {
    RecordReader reader = new RecordReader(LONGEST);
    try {
      for (int at = 0; at < input.length; at += piece) {
        reader.feed(
            ByteBuffer.wrap(input, at, Math.min(piece, input.length - at)),
            record -> records.add(new String(record, ISO_8859_1)));
      }
      reader.end();
      return "";
    } catch (RecordException e) {
      Wording.check(e.getMessage());
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void anEncodingThatNobodyWritesIsNoJson() {
    byte[] odd = {0, 0, '{', 0, 0, 0, '}', 0};
    assertThatThrownBy(() -> MesosJson.read(odd, Call.getDefaultInstance()))
        .isInstanceOf(JsonTroubleException.class)
        .hasMessageContaining("UCS-4");
  }

  @Test
  void aRefusalQuotesNoMoreThanItMust() {
    String text =
        "{\"type\": \""
            + "x".repeat(10_000)
            + "\", \"subscribe\": {\"framework_info\":"
            + " {\"user\": \"u\", \"name\": \"n\", \"failover_timeout\": \"\\u001b"
            + "y".repeat(10_000)
            + "\"}}}";
    assertThatThrownBy(() -> MesosJson.read(text.getBytes(UTF_8), Call.getDefaultInstance()))
        .isInstanceOf(JsonTroubleException.class)
        .hasMessageStartingWith("Failed to parse '?yyy")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_100));
  }
}

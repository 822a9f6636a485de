package io.pilothouse.mesos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.pilothouse.mesos.JsonTroubleException.Kind;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MesosJsonTest {

  // writing

  @Test
  void namesAreTheDefinitionsAndEnumsTheirNames() {
    assertThat(
            written(
                Event.newBuilder()
                    .setType(Event.Type.SUBSCRIBED)
                    .setSubscribed(
                        Event.Subscribed.newBuilder()
                            .setFrameworkId(FrameworkID.newBuilder().setValue("f"))
                            .setHeartbeatIntervalSeconds(15))
                    .build()))
        .isEqualTo(
            "{'type':'SUBSCRIBED','subscribed':{'framework_id':{'value':'f'},"
                + "'heartbeat_interval_seconds':15.0}}");
  }

  @Test
  void integersOf64BitsAreNumbers() {
    assertThat(
            written(Value.Range.newBuilder().setBegin(31000).setEnd(-1L /* the largest */).build()))
        .isEqualTo("{'begin':31000,'end':18446744073709551615}");
  }

  @Test
  void bytesAreBase64() {
    assertThat(
            written(
                TaskStatus.newBuilder()
                    .setTaskId(io.pilothouse.mesos.v1.TaskID.newBuilder().setValue("t"))
                    .setState(TaskState.TASK_RUNNING)
                    .setUuid(ByteString.copyFrom(new byte[] {-1, 0, 62}))
                    .build()))
        .isEqualTo("{'task_id':{'value':'t'},'state':'TASK_RUNNING','uuid':'/wA+'}");
  }

  @Test
  @SuppressWarnings("deprecation") // it is about the one that is
  void defaultsAreWrittenOutUnlessDeprecated() {
    assertThat(written(CommandInfo.newBuilder().setValue("true").build()))
        .isEqualTo("{'value':'true','shell':true}");
    assertThat(written(FrameworkInfo.newBuilder().setUser("u").setName("n").build()))
        .isEqualTo("{'user':'u','name':'n','failover_timeout':0.0,'checkpoint':false}");
    assertThat(written(scalar("cpus", 1).build())).doesNotContain("role");
    assertThat(written(scalar("cpus", 1).setRole("*").build())).contains("'role':'*'");
  }

  @Test
  void emptyListsAreLeftOutAndMapsAreObjects() {
    assertThat(
            written(
                TaskInfo.newBuilder()
                    .putLimits("mem", Value.Scalar.newBuilder().setValue(64.5).build())
                    .buildPartial()))
        .isEqualTo("{'limits':{'mem':{'value':64.5}}}");
  }

  @Test
  void infinityIsAString() {
    assertThat(written(Filters.newBuilder().setRefuseSeconds(Double.POSITIVE_INFINITY).build()))
        .isEqualTo("{'refuse_seconds':'Infinity'}");
  }

  // reading

  @Test
  void whatWasWrittenIsReadAgain() throws Exception {
    Resource ports =
        Resource.newBuilder()
            .setName("ports")
            .setType(Value.Type.RANGES)
            .setRanges(
                Value.Ranges.newBuilder()
                    .addRange(Value.Range.newBuilder().setBegin(1).setEnd(-1L)))
            .build();
    assertThat(MesosJson.read(MesosJson.write(ports), Resource.getDefaultInstance()))
        .isEqualTo(ports);
  }

  @Test
  void unknownFieldsAndNullsAreAsIfTheyWereNotThere() throws Exception {
    FrameworkInfo read =
        read(
            "{'user':'u','name':'n','id':null,'roles':null,'later':{'a':[1,{}]},'role':null}",
            FrameworkInfo.getDefaultInstance());
    assertThat(read).isEqualTo(FrameworkInfo.newBuilder().setUser("u").setName("n").build());
  }

  @Test
  void anUnknownEnumNameIsDroppedUnlessRequired() throws Exception {
    assertThat(read("{'type':'LATER'}", Call.getDefaultInstance()).hasType()).isFalse();
    assertThat(
            mapping("{'task_id':{'value':'t'},'state':'LATER'}", TaskStatus.getDefaultInstance()))
        .isEqualTo("Failed to find enum for 'LATER'");
  }

  @Test
  void numbersAndBooleansMayBeStrings() throws Exception {
    Value.Range range = read("{'begin':'31000','end':'18446744073709551615'}", aRange());
    assertThat(range.getBegin()).isEqualTo(31000);
    assertThat(range.getEnd()).isEqualTo(-1L);
    assertThat(read("{'refuse_seconds':'2.5'}", filters()).getRefuseSeconds()).isEqualTo(2.5);
    assertThat(read("{'shell':'false'}", CommandInfo.getDefaultInstance()).getShell()).isFalse();
  }

  @Test
  void infinityIsReadToo() throws Exception {
    assertThat(read("{'refuse_seconds':'-Infinity'}", filters()).getRefuseSeconds())
        .isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void aNumberWithAPointIsAnIntegerToo() throws Exception {
    Value.Range range = read("{'begin':31000.0,'end':'32000.0'}", aRange());
    assertThat(range.getBegin()).isEqualTo(31000);
    assertThat(range.getEnd()).isEqualTo(32000);
  }

  @Test
  void aSingleObjectMayStandWhereAListIsExpected() throws Exception {
    assertThat(
            read("{'offer_ids':{'value':'o1'}}", Call.Decline.getDefaultInstance())
                .getOfferIdsList())
        .extracting(id -> id.getValue())
        .containsExactly("o1");
    assertThat(read("{'roles':'web'}", Call.Revive.getDefaultInstance()).getRolesList())
        .containsExactly("web");
  }

  @Test
  void ofANameThatComesTwiceTheLastCounts() throws Exception {
    assertThat(
            read("{'roles':['a'],'roles':['b']}", Call.Revive.getDefaultInstance()).getRolesList())
        .containsExactly("b");
  }

  @Test
  void mapsAreObjectsByKey() throws Exception {
    Call.Subscribe read =
        read(
            "{'framework_info':{'user':'u','name':'n'},'offer_constraints':{'role_constraints':"
                + "{'web':{'groups':[{'attribute_constraints':[{'selector':{'attribute_name':"
                + "'rack'},'predicate':{'text_equals':{'value':'r1'}}}]}]}}}}",
            Call.Subscribe.getDefaultInstance());
    assertThat(read.getOfferConstraints().getRoleConstraintsMap()).containsOnlyKeys("web");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':{}} | Not expecting a JSON object for field 'type'",
        "{'type':1} | Not expecting a JSON number for field 'type'",
        "{'type':true} | Not expecting a JSON boolean for field 'type'",
        "{'framework_id':'f'} | Not expecting a JSON string for field 'framework_id'",
        "{'framework_id':[]} | Not expecting a JSON array for field 'framework_id'",
        "{'framework_id':{}} | Missing required fields: framework_id.value",
        "{'subscribe':{'framework_info':{'user':'u'}}} |"
            + " Missing required fields: subscribe.framework_info.name",
        "{'acknowledge':{'uuid':'no base64'}} | Failed to base64 decode bytes field 'uuid'",
        "{'subscribe':{'framework_info':{'failover_timeout':'soon'}}} |"
            + " Failed to parse 'soon' as a JSON number for field 'failover_timeout'",
        "{'subscribe':{'framework_info':{'checkpoint':'maybe'}}} |"
            + " Failed to parse 'maybe' as a JSON boolean for field 'checkpoint'",
        "{'subscribe':{'framework_info':{'failover_timeout':1e999}}} |"
            + " The number does not fit in field 'failover_timeout'",
        "[] | Expecting a JSON object",
        "7 | Expecting a JSON object",
      })
  void whatDoesNotFitIsTold(String json, String trouble) {
    assertThat(mapping(json, Call.getDefaultInstance())).startsWith(trouble);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'number':4294967296} | The number 4294967296 does not fit in field 'number'",
        "{'number':-1} | The number -1 does not fit in field 'number'",
        "{'number':1e300} | The number 1.0E300 does not fit in field 'number'",
        "{'number':'1e300'} | The number 1.0E300 does not fit in field 'number'",
        "{'number':123456789012345678901234567890} | The number 1234567890123456789012345678",
      })
  void numbersThatDoNotFitAreRefusedNotCut(String json, String trouble) {
    assertThat(mapping(json, io.pilothouse.mesos.v1.Port.getDefaultInstance())).startsWith(trouble);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"''", "{", "{'type':'SUBSCRIBE'", "{'type'}", "{} {}", "nonsense", "{'type':7,,}"})
  void whatIsNoJsonAtAllCountsBeforeWhatDoesNotFit(String json) {
    JsonTroubleException trouble =
        catchThrowableOfType(
            JsonTroubleException.class,
            () -> read(json.equals("''") ? "" : json, Call.getDefaultInstance()));
    assertThat(trouble.kind()).isEqualTo(Kind.SYNTAX);
  }

  @Test
  void aBottomlessDocumentIsRefused() {
    String deep = "{'parent':".repeat(100_000);
    assertThatThrownBy(() -> read(deep, io.pilothouse.mesos.v1.ContainerID.getDefaultInstance()))
        .isInstanceOf(JsonTroubleException.class)
        .hasMessageContaining("nesting depth");
  }

  private static Value.Range aRange() {
    return Value.Range.getDefaultInstance();
  }

  private static Filters filters() {
    return Filters.getDefaultInstance();
  }

  private static Resource.Builder scalar(String name, double value) {
    return Resource.newBuilder()
        .setName(name)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(value));
  }

  private static String mapping(String json, Message prototype) {
    JsonTroubleException trouble =
        catchThrowableOfType(JsonTroubleException.class, () -> read(json, prototype));
    assertThat(trouble.kind()).isEqualTo(Kind.MAPPING);
    return String.valueOf(trouble.getMessage());
  }

  private static <M extends Message> M read(String json, M prototype) throws JsonTroubleException {
    return MesosJson.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), prototype);
  }

  private static String written(Message message) {
    return new String(MesosJson.write(message), StandardCharsets.UTF_8).replace('"', '\'');
  }
}

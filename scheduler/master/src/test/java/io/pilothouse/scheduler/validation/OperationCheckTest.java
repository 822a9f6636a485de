package io.pilothouse.scheduler.validation;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.OperationCheck.Place;
import io.pilothouse.scheduler.wire.Conversion;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mesos' texts for operations that make no sense, in both formats of reservations. */
class OperationCheckTest {
  private static final String DYNAMIC = ",'reservations':[{'type':'DYNAMIC','role':'r1'%s}]";

  private static String resource(String name, String amount, String more) {
    return "{'name':'%s','type':'SCALAR','scalar':{'value':%s}%s}".formatted(name, amount, more);
  }

  private static String disk(String amount) {
    return resource("disk", amount, DYNAMIC.formatted(""));
  }

  private static String volume(String id, String amount) {
    return volume(id, amount, "'container_path':'data','mode':'RW'");
  }

  private static String volume(String id, String amount, String how) {
    return resource("disk", amount, DYNAMIC.formatted("") + persistent(id, how));
  }

  private static String persistent(String id, String how) {
    return ",'disk':{'persistence':{'id':'%s'},'volume':{%s}}".formatted(id, how);
  }

  /** {@code V}, {@code D} … in the tables below. */
  private static String expand(String text) {
    return text.replace("$plain", resource("disk", "10", ""))
        .replace("$static", resource("disk", "10", ",'role':'r1'"))
        .replace("$old", resource("disk", "10", ",'role':'r1','reservation':{}"))
        .replace(
            "$stars", resource("disk", "10", ",'reservations':[{'type':'DYNAMIC','role':'*'}]"))
        .replace("$star", resource("disk", "10", ",'role':'*','reservation':{}"))
        .replace("$other", resource("disk", "10", ",'role':'r2','reservation':{}"))
        .replace("$mine", resource("disk", "10", DYNAMIC.formatted(",'principal':'p'")))
        .replace("$theirs", resource("disk", "10", DYNAMIC.formatted(",'principal':'q'")))
        .replace("$negative", disk("-1"))
        .replace("$zero", disk("0"))
        .replace("$new", volume("new", "10"))
        .replace("$held", volume("held", "10"))
        .replace("$used", volume("used", "10"))
        .replace("$ro", volume("new", "10", "'container_path':'data','mode':'RO'"))
        .replace("$up", volume("new", "10", "'container_path':'a/../../b','mode':'RW'"))
        .replace("$abs", volume("new", "10", "'container_path':'/data','mode':'RW'"))
        .replace("$host", volume("new", "10", "'container_path':'d','host_path':'/','mode':'RW'"))
        .replace("$badid", volume("a/b", "10"))
        .replace(
            "$nopath",
            resource("disk", "10", DYNAMIC.formatted("") + ",'disk':{'persistence':{'id':'x'}}"))
        .replace(
            "$nodisk",
            resource(
                "disk",
                "10",
                ",'disk':{'persistence':{'id':'x'},'volume':{'container_path':'d','mode':'RW'}}"))
        .replace("$shared", volume("new", "10").replaceFirst("\\{", "{'shared':{},"))
        .replace("$revocable", volume("new", "10").replaceFirst("\\{", "{'revocable':{},"))
        .replace("$lent", disk("10").replaceFirst("\\{", "{'revocable':{},"))
        .replace("$reserved", disk("10"));
  }

  private static <M extends com.google.protobuf.Message> M read(String json, M prototype) {
    try {
      return MesosJson.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), prototype);
    } catch (JsonTroubleException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  private static Operation operation(String type, String body) {
    return read(
        "{'type':'%s','%s':{%s}}".formatted(type, type.toLowerCase(Locale.ROOT), expand(body)),
        Operation.getDefaultInstance());
  }

  private static Resources resources(String... json) {
    return ResourceForm.read(
        List.of(json).stream().map(each -> read(each, Resource.getDefaultInstance())).toList());
  }

  private static final Resources HELD =
      resources(volume("held", "10"), volume("used", "10"), disk("50"));

  private static Place place(String principal) {
    return new Place(
        Optional.ofNullable(principal), Optional.of("r1"), HELD, resources(volume("used", "10")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          RESERVE   | 'resources':[]         | Expecting 'reserve.resources' to be present
          RESERVE   | 'resources':[$plain]   | Resource disk:10 is not dynamically reserved
          RESERVE   | 'resources':[$static]  | Resource disk(r1):10 is not dynamically reserved
          RESERVE   | 'resources':[$star]    | Invalid resources: Invalid resources: Invalid reservation: role "*" cannot be dynamically reserved
          RESERVE   | 'resources':[$stars]   | Invalid resources: Invalid resources: Invalid reservation: role "*" cannot be reserved
          RESERVE   | 'resources':[$other]   | A reserve operation was attempted for a resource with role 'r2', but the resource was allocated to role 'r1'
          RESERVE   | 'resources':[$held]    | A persistent volume disk(r1)[held]:10 must already be reserved when it is created
          RESERVE   | 'resources':[$negative]| Invalid resources: Invalid resources: Invalid scalar resource: value < 0
          RESERVE   | 'resources':[$old],'source':[$plain] | The `source` field cannot be set on RESERVE operations: unreserve the resources, then reserve them
          RESERVE   | 'resources':[$lent]    | Revocable resources disk(r1){REV}:10 cannot be reserved
          UNRESERVE | 'resources':[]         | Expecting 'unreserve.resources' to be present
          UNRESERVE | 'resources':[$plain]   | Resource disk:10 is not dynamically reserved
          UNRESERVE | 'resources':[$held]    | A dynamically reserved persistent volume disk(r1)[held]:10 cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource
          CREATE    | 'volumes':[$reserved]  | Not a persistent volume: Resource disk(r1):10 does not have DiskInfo
          CREATE    | 'volumes':[$nodisk]    | Invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from unreserved resources
          CREATE    | 'volumes':[$revocable] | Invalid resources: Invalid DiskInfo: Persistent volumes cannot be created from revocable resources
          CREATE    | 'volumes':[$nopath]    | Invalid resources: Invalid DiskInfo: Expecting 'volume' to be set for persistent volume
          CREATE    | 'volumes':[$host]      | Invalid resources: Invalid DiskInfo: Expecting 'host_path' to be unset for persistent volume
          CREATE    | 'volumes':[$ro]        | Invalid resources: Invalid DiskInfo: Read-only persistent volume not supported
          CREATE    | 'volumes':[$up]        | Invalid resources: Invalid DiskInfo: Container path 'a/../../b' of the persistent volume is not supported: expected one that is relative to the sandbox, and in it
          CREATE    | 'volumes':[$abs]       | Invalid resources: Invalid DiskInfo: Container path '/data' of the persistent volume is not supported: expected one that is relative to the sandbox, and in it
          CREATE    | 'volumes':[$badid]     | Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: 'a/b' contains invalid characters
          CREATE    | 'volumes':[$held]      | Persistence ID 'held' is not unique
          CREATE    | 'volumes':[$new,$new]  | Persistence ID 'new' is not unique
          CREATE    | 'volumes':[$shared]    | Shared persistent volumes are not served by this scheduler: leave 'shared' out of disk(r1)[new]<SHARED>:10
          DESTROY   | 'volumes':[$new]       | Persistent volumes not found
          DESTROY   | 'volumes':[$held,$new] | Persistent volumes not found
          DESTROY   | 'volumes':[$used]      | Persistent volumes in use
          DESTROY   | 'volumes':[$reserved]  | Not a persistent volume: Resource disk(r1):10 does not have DiskInfo
          GROW_VOLUME | 'volume':$held,'addition':$zero | The size of 'GrowVolume.addition' field must be greater than zero
          GROW_VOLUME | 'volume':$held,'addition':$plain | 'GrowVolume.addition' disk:10 is not of the disk that 'GrowVolume.volume' disk(r1)[held]:10 is on
          GROW_VOLUME | 'volume':$reserved,'addition':$reserved | 'GrowVolume.volume' is not a persistent volume: Resource disk(r1):10 does not have DiskInfo
          GROW_VOLUME | 'volume':$new,'addition':$reserved | Persistent volume disk(r1)[new]:10 not found
          SHRINK_VOLUME | 'volume':$held,'subtract':{'value':10} | Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'
          SHRINK_VOLUME | 'volume':$held,'subtract':{'value':0} | Value of 'ShrinkVolume.subtract' must be greater than zero
          SHRINK_VOLUME | 'volume':$held,'subtract':{'value':1e30} | Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'
          """)
  void whatMakesNoSenseIsSaid(String type, String body, String text) {
    assertThat(OperationCheck.objection(operation(type, body), place(null))).contains(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          RESERVE       | 'resources':[$reserved] | disk:10                        | disk(r1):10
          RESERVE       | 'resources':[$old]      | disk:10                        | disk(r1):10
          UNRESERVE     | 'resources':[$reserved] | disk(r1):10                    | disk:10
          UNRESERVE     | 'resources':[$old]      | disk(r1):10                    | disk:10
          CREATE        | 'volumes':[$new]        | disk(r1):10                    | disk(r1)[new]:10
          DESTROY       | 'volumes':[$held]       | disk(r1)[held]:10              | disk(r1):10
          GROW_VOLUME   | 'volume':$held,'addition':$reserved | disk(r1):10; disk(r1)[held]:10 | disk(r1)[held]:20
          SHRINK_VOLUME | 'volume':$held,'subtract':{'value':0.5} | disk(r1)[held]:10    | disk(r1):0.5; disk(r1)[held]:9.5
          """)
  void whatMakesSenseBecomesAsMuch(String type, String body, String consumed, String produced) {
    Operation operation = operation(type, body);
    assertThat(OperationCheck.objection(operation, place(null))).isEmpty();
    Conversion conversion = Conversion.of(operation);
    assertThat(conversion.consumed().toString()).isEqualTo(consumed);
    assertThat(conversion.produced().toString()).isEqualTo(produced);
    assertThat(conversion.produced().quantities()).isEqualTo(conversion.consumed().quantities());
  }

  @Test
  void whoHasAPrincipalReservesAndCreatesInItsName() {
    assertThat(reserve("$mine", "p")).isEmpty();
    assertThat(reserve("$mine", null)).isEmpty();
    assertThat(reserve("$theirs", "p"))
        .contains(
            "A reserve operation was attempted by authenticated principal 'p', but there is a"
                + " reserved resource in the request with principal 'q' set");
    assertThat(reserve("$reserved", "p"))
        .contains(
            "A reserve operation was attempted by authenticated principal 'p', but there is a"
                + " reserved resource in the request with no principal set");
    assertThat(OperationCheck.objection(operation("CREATE", "'volumes':[$new]"), place("p")))
        .contains(
            "Create volume operation has been attempted by principal 'p', but there is a volume in"
                + " the operation with no principal set in 'disk.persistence'");
  }

  private static Optional<String> reserve(String what, String principal) {
    return OperationCheck.objection(
        operation("RESERVE", "'resources':[" + what + "]"), place(principal));
  }

  @Test
  void aRefinedReservationIsTakenOffOneByOne() {
    String refined =
        resource(
            "cpus",
            "1",
            ",'reservations':[{'type':'STATIC','role':'r1'},{'type':'DYNAMIC','role':'r1/a'}]");
    Operation unreserve = operation("UNRESERVE", "'resources':[" + refined + "]");
    assertThat(Conversion.of(unreserve).produced().toString()).isEqualTo("cpus(r1):1");
  }

  @Test
  void whatIsOfferedToAnotherRoleIsNotReserved() {
    String allocated = disk("10").replaceFirst("\\{", "{'allocation_info':{'role':'r1/x'},");
    assertThat(reserve(allocated, null))
        .contains(
            "A reserve operation was attempted for a resource with role 'r1', but the resource was"
                + " allocated to role 'r1/x'");
  }

  @Test
  void disksAreNotMade() {
    assertThat(
            OperationCheck.objection(
                Operation.newBuilder().setType(Operation.Type.CREATE_DISK).build(), place(null)))
        .hasValueSatisfying(
            text -> assertThat(text).startsWith("CREATE_DISK is not served by this scheduler"));
  }
}

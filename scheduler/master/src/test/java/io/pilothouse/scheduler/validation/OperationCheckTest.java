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

  private static String shared(String id) {
    return volume(id, "10").replaceFirst("\\{", "{'shared':{},");
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
        .replace("$shared", shared("new"))
        .replace("$both", SHARED)
        .replace("$halfshared", disk("10").replaceFirst("\\{", "{'shared':{},"))
        .replace("$cpushared", resource("cpus", "1", DYNAMIC.formatted("") + ",'shared':{}"))
        .replace("$given", raw("'type':'MOUNT','id':'i','profile':'fast'", ""))
        .replace(
            "$full",
            raw(
                "'type':'MOUNT','id':'i'",
                "'persistence':{'id':'x'},'volume':{'container_path':'d','mode':'RW'},"))
        .replace("$raw", raw("'type':'RAW','profile':'fast'", ""))
        .replace("$noprofile", raw("'type':'RAW'", ""))
        .replace("$path", raw("'type':'PATH'", ""))
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

  /** In use, by two tasks. */
  private static final String SHARED = shared("shared");

  private static final Resources HELD =
      resources(volume("held", "10"), volume("used", "10"), SHARED, disk("50"));

  private static Place place(String principal) {
    return new Place(
        Optional.ofNullable(principal),
        Optional.of("r1"),
        HELD,
        resources(volume("used", "10"), SHARED, SHARED),
        Optional.empty());
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
          CREATE    | 'volumes':[$ro]        | Not a persistent volume: Read-only persistent volume not supported
          CREATE    | 'volumes':[$halfshared]| Invalid resources: Invalid resources: Only persistent volumes can be shared
          CREATE    | 'volumes':[$cpushared] | Invalid resources: Invalid resources: Resource cpus cannot be shared
          CREATE    | 'volumes':[$both]      | Persistence ID 'shared' is not unique
          CREATE    | 'volumes':[$up]        | Invalid resources: Invalid DiskInfo: Container path 'a/../../b' of the persistent volume is not supported: expected one that is relative to the sandbox, and in it
          CREATE    | 'volumes':[$abs]       | Invalid resources: Invalid DiskInfo: Container path '/data' of the persistent volume is not supported: expected one that is relative to the sandbox, and in it
          CREATE    | 'volumes':[$badid]     | Invalid resources: Invalid DiskInfo: Invalid persistence ID for persistent volume: 'a/b' contains invalid characters
          CREATE    | 'volumes':[$held]      | Persistence ID 'held' is not unique
          CREATE    | 'volumes':[$new,$new]  | Persistence ID 'new' is not unique
          DESTROY   | 'volumes':[$new]       | Persistent volumes not found
          DESTROY   | 'volumes':[$held,$new] | Persistent volumes not found
          DESTROY   | 'volumes':[$used]      | Persistent volumes in use
          DESTROY   | 'volumes':[$both]      | Persistent volumes in use
          DESTROY   | 'volumes':[$shared]    | Persistent volumes not found
          DESTROY   | 'volumes':[$reserved]  | Not a persistent volume: Resource disk(r1):10 does not have DiskInfo
          GROW_VOLUME | 'volume':$held,'addition':$zero | The size of 'GrowVolume.addition' field must be greater than zero
          GROW_VOLUME | 'volume':$held,'addition':$plain | 'GrowVolume.addition' disk:10 is not of the disk that 'GrowVolume.volume' disk(r1)[held]:10 is on
          GROW_VOLUME | 'volume':$reserved,'addition':$reserved | 'GrowVolume.volume' is not a persistent volume: Resource disk(r1):10 does not have DiskInfo
          GROW_VOLUME | 'volume':$new,'addition':$reserved | Persistent volume disk(r1)[new]:10 not found
          SHRINK_VOLUME | 'volume':$held,'subtract':{'value':10} | Value of 'ShrinkVolume.subtract' must be smaller than the size of 'ShrinkVolume.volume'
          GROW_VOLUME | 'volume':$both,'addition':$reserved | Growing a shared persistent volume is not supported
          SHRINK_VOLUME | 'volume':$both,'subtract':{'value':1} | Shrinking a shared persistent volume is not supported
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
          CREATE        | 'volumes':[$shared]     | disk(r1):10                    | disk(r1)[new]<SHARED>:10
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
  void aFrameworkThatKnowsOfNoSharingMakesNothingThatIsShared() {
    Place unsharing =
        new Place(Optional.empty(), Optional.of("r1"), HELD, Resources.NONE, Optional.of("F-1"));
    assertThat(OperationCheck.objection(operation("CREATE", "'volumes':[$shared]"), unsharing))
        .contains(
            "Create volume operation for 'disk(r1)[new]<SHARED>:10' has been attempted by framework"
                + " 'F-1' with no SHARED_RESOURCES capability");
    assertThat(OperationCheck.objection(operation("CREATE", "'volumes':[$new]"), unsharing))
        .isEmpty();
    assertThat(OperationCheck.objection(operation("DESTROY", "'volumes':[$both]"), unsharing))
        .as("one that was made by others it may destroy, if ever it is offered it")
        .isEmpty();
  }

  // ---- disks of resource providers, of which there are none

  private static String raw(String source, String more) {
    return resource(
        "disk",
        "10",
        DYNAMIC.formatted("")
            + ",'provider_id':{'value':'rp'},'disk':{%s'source':{%s}}".formatted(more, source));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          CREATE_DISK  | 'source':$reserved,'target_type':'MOUNT' | 'source' is not managed by a resource provider
          CREATE_DISK  | 'source':$negative,'target_type':'MOUNT' | Invalid resource: Invalid resources: Invalid scalar resource: value < 0
          CREATE_DISK  | 'source':$path,'target_type':'MOUNT'     | 'source' is not a RAW disk resource
          CREATE_DISK  | 'source':$raw,'target_type':'PATH'       | 'target_type' is neither MOUNT or BLOCK
          CREATE_DISK  | 'source':$raw,'target_type':'BLOCK','target_profile':'p' | 'target_profile' must not be set when 'source' has a profile
          CREATE_DISK  | 'source':$noprofile,'target_type':'BLOCK' | 'target_profile' must be set when 'source' has no profile
          CREATE_DISK  | 'source':$raw,'target_type':'BLOCK'      | there is no resource provider 'rp': machines have the one disk that is offered of them
          DESTROY_DISK | 'source':$reserved                       | 'source' is not managed by a resource provider
          DESTROY_DISK | 'source':$path                           | 'source' is neither a MOUNT, BLOCK or RAW disk resource
          DESTROY_DISK | 'source':$noprofile                      | 'source' is not backed by a CSI volume
          DESTROY_DISK | 'source':$given                          | there is no resource provider 'rp': machines have the one disk that is offered of them
          """)
  void disksAreNotMade(String type, String body, String text) {
    assertThat(OperationCheck.objection(operation(type, body), place(null))).contains(text);
  }

  @Test
  void aDiskWithAVolumeOnItIsNotDestroyed() {
    assertThat(OperationCheck.objection(operation("DESTROY_DISK", "'source':$full"), place(null)))
        .hasValueSatisfying(
            text ->
                assertThat(text)
                    .startsWith("A disk resource containing a persistent volume disk(r1)["));
  }

  @Test
  void anOperationWithoutItsFieldIsNone() {
    assertThat(
            OperationCheck.objection(
                Operation.newBuilder().setType(Operation.Type.CREATE_DISK).build(), place(null)))
        .contains(
            "A CREATE_DISK offer operation must have the Offer.Operation.create_disk field set.");
  }
}

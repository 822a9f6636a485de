package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.offers.OfferCheck;
import io.pilothouse.manifests.offers.OfferedWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a type's machines is offered to frameworks, as files say it. */
class OffersFilesTest {
  @TempDir private Path dir;

  private LoadResult<Fleet> load(String resources) throws IOException {
    new FleetFixture(dir);
    Path types = dir.resolve("types.yaml");
    Files.writeString(
        types, Files.readString(types) + "offers:\n  resources: %s\n".formatted(resources));
    return FleetDirectory.load(dir);
  }

  private List<OfferedResource> taken(String resources) throws IOException {
    return switch (load(resources)) {
      case LoadResult.Loaded<Fleet> loaded ->
          loaded.value().getTypes(0).getOffers().getResourcesList();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  private List<String> problems(String resources) throws IOException {
    return switch (load(resources)) {
      case LoadResult.Loaded<Fleet> loaded -> List.of();
      case LoadResult.Rejected<Fleet> rejected ->
          rejected.problems().stream().map(Object::toString).toList();
    };
  }

  @Test
  void eachIsReadAsItsNameHasIt() throws IOException {
    List<OfferedResource> all =
        taken(
            "{mem: 8GiB, cpus: 1.5, disk: 50GiB, ports: [80-80, 31000-31999], gpus: 1, licences:"
                + " 5, zones: [a, b], slots: [1-4]}");

    assertThat(all)
        .extracting(OfferedWords::line)
        .containsExactly(
            "cpus 1.5",
            "disk 50GiB",
            "gpus 1",
            "licences 5",
            "mem 8GiB",
            "ports [80-80, 31000-31999]",
            "slots [1-4]",
            "zones [a, b]");
    assertThat(all.get(0).getMilli()).isEqualTo(1500);
    assertThat(all.get(4).getSizeBytes()).isEqualTo(8L << 30);
    assertThat(all.get(5).getRanges(1).getLast()).isEqualTo(31_999);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{mem: 8}            | offers.resources.mem: \"8\" is not a size",
        "{mem: 1KiB}         | offers.resources.mem: \"1KiB\"; expected a size of whole MiB",
        "{disk: [1-2]}       | offers.resources.disk: a list; expected a size of whole MiB",
        "{cpus: 0}           | offers.resources.cpus: \"0\"; expected a number of processors",
        "{cpus: -1}          | offers.resources.cpus: \"-1\"; expected a number of processors",
        "{cpus: 1.2345}      | offers.resources.cpus: \"1.2345\"; expected a number of processors",
        "{cpus: 8GiB}        | offers.resources.cpus: \"8GiB\"; expected a number of processors",
        "{gpus: 0.5}         | offers.resources.gpus: \"0.5\"; expected a whole number of GPUs",
        "{ports: 8080}       | offers.resources.ports: \"8080\"; expected ranges of 1 to 65535",
        "{ports: [9-8]}      | offers.resources.ports: a list; expected ranges of 1 to 65535",
        "{ports: [1-9, 9-9]} | offers.resources.ports: a list; expected ranges of 1 to 65535",
        "{ports: [1-70000]}  | offers.resources.ports: a list; expected ranges of 1 to 65535",
        "{zones: [a, a]}     | offers.resources.zones: a list; expected an amount",
        "{zones: [a, 1-2]}   | offers.resources.zones: a list; expected an amount",
        "{zones: {a: b}}     | offers.resources.zones: a mapping; expected an amount",
        "{Cores: 4}          | offers.resources: \"Cores\" is not a resource",
        "{cpus: 1, cpus: 2}  | offers.resources: the resource \"cpus\" is there twice",
        "{}                  | offers.resources: it is empty, which offers nothing",
        "4                   | offers.resources: \"4\" is not a mapping; write {cpus: 4, mem: 8GiB",
      })
  void whatCannotBeOfferedIsToldWithItsPlaceAndWhatToWrite(String resources, String problem)
      throws IOException {
    assertThat(problems(resources))
        .singleElement()
        .asString()
        .contains("types.yaml:7")
        .contains(problem);
  }

  @Test
  void whatTasksDoNotUseIsLentUpToAnAmountOfProcessors() throws IOException {
    switch (load("{cpus: 4, mem: 1GiB}\n  oversubscribe: {cpus: 2.5}")) {
      case LoadResult.Loaded<Fleet> loaded ->
          assertThat(loaded.value().getTypes(0).getOffers().getOversubscribeList())
              .extracting(OfferedWords::line)
              .containsExactly("cpus 2.5");
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(rejected.problems().toString());
    }
  }

  @Test
  void directoriesOfImagesAndOfTheMachineAreReadAsTheyAre() throws IOException {
    OfferPolicy offers =
        policy(
            "{cpus: 1}\n  images: [images, /srv/more images]\n  host-paths: [/srv/data, '/srv/x:ro']");
    assertThat(offers.getImagesList()).containsExactly("images", "/srv/more images");
    assertThat(offers.getHostPathsList()).containsExactly("/srv/data", "/srv/x:ro");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "images: [../x]      | offers.images",
        "images: ['a/../b']  | offers.images",
        "images: x           | offers.images",
        "host-paths: [/]     | offers.host-paths",
        "host-paths: [a]     | offers.host-paths",
        "host-paths: [/a/]   | offers.host-paths",
        "host-paths: [/a/..] | offers.host-paths",
        "host-paths: [/a/./b] | offers.host-paths",
      })
  void aPathThatCanBeNoneIsToldWithItsPlace(String line, String key) throws IOException {
    assertThat(problems("{cpus: 1}\n  " + line))
        .singleElement()
        .asString()
        .contains("types.yaml:8")
        .contains(key);
  }

  @Test
  void whatTasksMayUseBesideIsRead() throws IOException {
    OfferPolicy nothing = policy("{cpus: 1}");
    assertThat(nothing.getTaskPids()).isZero();
    assertThat(nothing.getDiskNotEnforced()).isFalse();
    assertThat(nothing.getPidNamespaces()).isFalse();
    OfferPolicy said =
        policy("{cpus: 1}\n  task-pids: 100\n  disk-not-enforced: true\n  pid-namespaces: true");
    assertThat(said.getPidNamespaces()).isTrue();
    assertThat(said.getTaskPids()).isEqualTo(100);
    assertThat(said.getDiskNotEnforced()).isTrue();
  }

  private OfferPolicy policy(String resources) throws IOException {
    return switch (load(resources)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value().getTypes(0).getOffers();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "task-pids: 15      | offers.task-pids: \"15\"",
        "task-pids: 5000000 | offers.task-pids: \"5000000\"",
        "task-pids: many    | offers.task-pids: \"many\"",
        "disk-not-enforced: 2 | offers.disk-not-enforced: \"2\"",
        "disk-not-enforced: false | offers.disk-not-enforced: false would ask for nothing",
        "disk: true         | offers: unknown key \"disk\"",
      })
  void whatTasksMayNotUseIsToldWithItsPlace(String line, String problem) throws IOException {
    assertThat(problems("{cpus: 1}\n  " + line))
        .singleElement()
        .asString()
        .contains("types.yaml:8")
        .contains(problem);
  }

  @Test
  void whatComesOverTheWireIsLookedAtToo() {
    OfferPolicy.Builder policy = OfferPolicy.newBuilder().setTaskPids(3);
    policy.addResourcesBuilder().setName("cpus").setMilli(1);
    assertThat(OfferCheck.problems(policy.build()))
        .containsExactly("task-pids: 3; expected 16 to 4194304");
    assertThat(OfferCheck.problems(policy.setTaskPids(-1).build()))
        .containsExactly("task-pids: 4294967295; expected 16 to 4194304");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{cpus: 4}    | {cpus: 4.5} | offers.oversubscribe: cpus 4.5 are more than are set aside;"
            + " expected at most the cpus of resources, 4",
        "{mem: 1GiB}  | {cpus: 1}   | offers.oversubscribe: cpus 1 are more than are set aside;"
            + " expected at most the cpus of resources, 0",
        "{cpus: 4}    | {mem: 1GiB} | offers.oversubscribe",
        "{cpus: 4}    | {cpus: 0}   | offers.oversubscribe.cpus: \"0\" is not a number of processors",
        "{cpus: 4}    | {cpus: all} | offers.oversubscribe.cpus: \"all\" is not a number",
        "{cpus: 4}    | {}          | offers.oversubscribe",
        "{cpus: 4}    | 2           | offers.oversubscribe",
      })
  void whatCannotBeLentIsToldWithItsPlace(String resources, String lent, String problem)
      throws IOException {
    assertThat(problems(resources + "\n  oversubscribe: " + lent))
        .isNotEmpty()
        .anySatisfy(each -> assertThat(each).contains("types.yaml").contains(problem));
  }

  @Test
  void aSwitchOffersNothing() throws IOException {
    new FleetFixture(dir);
    Files.writeString(
        dir.resolve("switches.yaml"),
        "kind: MachineType\nname: tor\ndevice: switch\noffers:\n  resources: {cpus: 1}\n");

    assertThat(FleetDirectory.load(dir).toString())
        .contains("type tor: nothing of ours runs on a switch; delete `offers:`");
  }
}

package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.offers.OfferedWords;
import io.pilothouse.manifests.offers.RoleCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** shares.yaml, as people write it and get it wrong. */
class RolesFilesTest {
  private final FleetFixture fleet;

  RolesFilesTest(@TempDir Path dir) {
    this.fleet = new FleetFixture(dir);
  }

  private static String role(String name, String keys) {
    return "kind: Role\nname: %s\n%s\n".formatted(name, keys);
  }

  private List<String> problemsOf(String keys) {
    return fleet.write("shares.yaml", role("ads", keys)).problems();
  }

  @Test
  void rolesAreReadByName() {
    fleet.write(
        "shares.yaml",
        """
        kind: Role
        name: ads/prod
        weight: 2.5
        priority: -3
        guarantee: {mem: 2TiB, cpus: 40.5, gpus: 8, licences: 5}
        limit: {gpus: 8, cpus: 60, disk: 0, mem: 4TiB}
        ---
        kind: Role
        name: ads
        """);

    List<OfferRole> roles = fleet.loaded().getOfferRolesList();

    assertThat(roles).extracting(OfferRole::getName).containsExactly("ads", "ads/prod");
    assertThat(roles.get(0)).isEqualTo(OfferRole.newBuilder().setName("ads").build());
    assertThat(roles.get(1).getWeightMilli()).isEqualTo(2500);
    assertThat(roles.get(1).getPriority()).isEqualTo(-3);
    assertThat(roles.get(1).getGuaranteeList())
        .extracting(OfferedWords::line)
        .containsExactly("cpus 40.5", "gpus 8", "licences 5", "mem 2TiB");
    assertThat(roles.get(1).getLimitList())
        .extracting(OfferedWords::line)
        .containsExactly("cpus 60", "disk 0", "gpus 8", "mem 4TiB");
    assertThat(roles.get(1).getLimit(1))
        .isEqualTo(OfferedResource.newBuilder().setName("disk").build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ads", "Ads.v2_x", "a/b/c", "\"1.0\"", "ümlaut", "a-b", "a/..b", "\"a*b\""})
  void namesAreThoseOfMesos(String name) {
    assertThat(fleet.write("shares.yaml", role(name, "")).problems()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"/a\"",
        "a/",
        "a//b",
        ".",
        "a/..",
        "\"*/a\"",
        "a/*",
        "\"-a\"",
        "a/-b",
        "\"a b\"",
        "\"a\\tb\"",
        "\"a\\bb\"",
        "\"a\\u00a0b\"",
        "\"a\\x7f\""
      })
  void otherNamesAreNot(String name) {
    assertThat(fleet.write("shares.yaml", role(name, "")).problems())
        .singleElement()
        .asString()
        .startsWith("shares.yaml:2:7: name: \"")
        .contains("is no role; write names separated by /, such as ads/prod");
  }

  @Test
  void theRoleOfAllHasNoShareOfItsOwn() {
    fleet.write("shares.yaml", role("\"*\"", ""));

    fleet.rejectedWith(
        "shares.yaml:2:7: name: \"*\" is everybody's role, which has weight 1 and no quota; use"
            + " another name");
  }

  @Test
  void aNameHasAnEnd() {
    assertThat(fleet.write("shares.yaml", role("a".repeat(255), "")).problems()).isEmpty();
    assertThat(fleet.write("shares.yaml", role("a".repeat(256), "")).problems().get(0))
        .contains("is no role: it has 256 characters; use at most 255");
  }

  @Test
  void aNameIsThereOnce() {
    fleet.write("a.yaml", role("ads/prod", "")).write("b.yaml", role("ads/prod", "weight: 2"));

    fleet.rejectedWith("b.yaml:2:7: Role \"ads/prod\" is there already, at a.yaml:2:7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weight: 0               | 9 | weight: \"0\" is not a weight; write a number above 0",
        "weight: 0.0             | 9 | weight: \"0.0\" is not a weight",
        "weight: -1              | 9 | weight: \"-1\" is not a weight",
        "weight: 1.0001          | 9 | weight: \"1.0001\" is not a weight",
        "weight: 1000000.001     | 9 | weight: \"1000000.001\" is not a weight",
        "weight: heavy           | 9 | weight: \"heavy\" is not a weight",
        "weight: [1]             | 9 | weight: a list is not a weight",
        "priority: 1.5           | 11 | priority: \"1.5\" is not a whole number from -1000000",
        "priority: high          | 11 | priority: \"high\" is not a whole number",
        "priority: 1000001       | 11 | priority: \"1000001\" is not a whole number",
        "guarantee: 4            | 12 | guarantee: \"4\" is not a mapping; write {cpus: 40, mem",
        "guarantee: {}           | 12 | guarantee: it is empty, which says nothing",
        "guarantee: {cpus: 0}    | 19 | guarantee.cpus: \"0\"; expected a number of processors",
        "guarantee: {cpus: -1}   | 19 | guarantee.cpus: \"-1\"; expected a number of processors",
        "guarantee: {cpus: 8GiB} | 19 | guarantee.cpus: \"8GiB\"; expected a number of processors",
        "guarantee: {cpus: ''}   | 19 | guarantee.cpus: \"\"; expected a number of processors",
        "guarantee: {mem: 8}     | 18 | guarantee.mem: \"8\" is not a size",
        "guarantee: {mem: 0}     | 18 | guarantee.mem: \"0\"; expected a size of whole MiB",
        "guarantee: {mem: 1KiB}  | 18 | guarantee.mem: \"1KiB\"; expected a size of whole MiB",
        "guarantee: {mem: [1-2]} | 18 | guarantee.mem: a list is not a size",
        "guarantee: {gpus: 0.5}  | 19 | guarantee.gpus: \"0.5\"; expected a whole number of GPUs",
        "guarantee: {ports: 5}   | 20 | guarantee.ports: \"5\"; ports are not shared out by roles",
        "guarantee: {ports: [1-9]} | 20 | guarantee.ports: a list; ports are not shared out",
        "guarantee: {zones: [a]} | 20 | guarantee.zones: a list; expected an amount, such as 5",
        "guarantee: {own: 9999999999} | 18 | guarantee.own: \"9999999999\"; expected an amount",
        "guarantee: {Cores: 4}   | 13 | guarantee: \"Cores\" is not a resource",
        "guarantee: {cpus: 1, cpus: 2} | 22 | guarantee: the resource \"cpus\" is there twice",
        "limit: {cpus: few}      | 15 | limit.cpus: \"few\"; expected a number of processors, such"
            + " as 40 or 0.5, with at most 3 decimals, up to 1000000000, or 0 for none",
        "limit: {mem: -1}        | 14 | limit.mem: \"-1\" is not a size",
        "limit: {zones: [a]}     | 16 | limit.zones: a list; expected an amount",
        "limits: {cpus: 1}       | 1 | unknown key \"limits\" (did you mean \"limit\"?)",
      })
  void whatIsWrongIsToldWithItsPlaceAndWhatToWrite(String keys, int column, String problem) {
    assertThat(problemsOf(keys))
        .singleElement()
        .asString()
        .startsWith("shares.yaml:3:%s: ".formatted(column))
        .contains(problem);
  }

  @Test
  void aLimitIsNotBelowTheGuarantee() {
    fleet.write(
        "shares.yaml",
        role("ads", "guarantee: {cpus: 4, mem: 8GiB}\nlimit: {cpus: 3.999, mem: 8GiB, gpus: 0}"));

    fleet.rejectedWith(
        "shares.yaml:4:8: limit: cpus 3.999 is below the guarantee of cpus 4; raise it, or leave it"
            + " out");
  }

  @Test
  void whatRolesBelowAreGuaranteedFitsIntoWhatTheirsHas() {
    fleet.write("ads.yaml", role("ads", "guarantee: {cpus: 10, mem: 64GiB}"));
    fleet.write("prod.yaml", role("ads/prod", "guarantee: {cpus: 8, gpus: 2}"));
    fleet.write("test.yaml", role("ads/test/nightly", "guarantee: {cpus: 2.001, mem: 8GiB}"));

    fleet.rejectedWith(
        "ads.yaml:3:12: guarantee: cpus 10 is less than the cpus 10.001 that roles below it are"
            + " guaranteed; raise it, or lower theirs");

    fleet.write("test.yaml", role("ads/test/nightly", "guarantee: {cpus: 2, mem: 8GiB}"));
    assertThat(fleet.problems()).isEmpty();
  }

  @Test
  void whatTheyAreGuaranteedFitsIntoItsLimitToo() {
    fleet.write("ads.yaml", role("ads", "limit: {mem: 8GiB}"));
    fleet.write("prod.yaml", role("ads/prod", "guarantee: {mem: 9GiB}"));
    fleet.write("other.yaml", role("adsense", "guarantee: {mem: 9GiB}"));

    fleet.rejectedWith(
        "ads.yaml:3:8: limit: mem 8GiB is less than the mem 9GiB that roles below it are"
            + " guaranteed; raise it, or lower theirs");
  }

  @Test
  void aRoleCountsForItsOwnGuaranteeAndNotForThoseBelowItTwice() {
    fleet.write("ads.yaml", role("ads", "guarantee: {cpus: 10}"));
    fleet.write("prod.yaml", role("ads/prod", "guarantee: {cpus: 10}"));
    fleet.write("a.yaml", role("ads/prod/a", "guarantee: {cpus: 6}"));
    fleet.write("b.yaml", role("ads/prod/b", "guarantee: {cpus: 4}"));

    assertThat(fleet.problems()).isEmpty();
  }

  @Test
  void whatDoesNotComeFromFilesIsCheckedAsMuch() {
    OfferedResource cpus = OfferedResource.newBuilder().setName("cpus").setMilli(1).build();
    List<OfferRole> wrong =
        List.of(
            OfferRole.newBuilder().setName("a b").build(),
            OfferRole.newBuilder().setName("a").setWeightMilli(-1).build(),
            OfferRole.newBuilder().setName("a").setPriority(Integer.MIN_VALUE).build(),
            OfferRole.newBuilder().setName("b").addGuarantee(cpus).addGuarantee(cpus).build(),
            OfferRole.newBuilder()
                .setName("c")
                .addGuarantee(cpus.toBuilder().setMilli(-1))
                .addLimit(cpus.toBuilder().setSizeBytes(1 << 20))
                .addLimit(OfferedResource.newBuilder().setName("zones").addItems("x"))
                .addLimit(OfferedResource.newBuilder().setName("x/y").setMilli(1))
                .build());

    assertThat(RoleCheck.problems(wrong))
        .containsExactly(
            "role \"a b\" is no role; write names separated by /, such as ads/prod, none of them"
                + " empty, '.', '..' or '*', with '-' at its beginning, or with blanks",
            "role a: weight: 4294967295 thousandths; expected a number above 0 and up to 1000000, with at"
                + " most 3 decimals",
            "role \"a\" is there twice",
            "role a: priority: -2147483648; expected -1000000 to 1000000",
            "role b: guarantee: the resource cpus is there twice",
            "role c: guarantee: cpus: expected a number of processors, such as 40 or 0.5, with at most 3 decimals, up to 1000000000",
            "role c: limit: cpus: expected a number of processors, such as 40 or 0.5, with at most 3 decimals, up to 1000000000, or 0 for none",
            "role c: limit: zones: expected an amount, such as 5 or 0.5, with at most 3 decimals, up to 1000000000, or 0 for"
                + " none",
            "role c: limit: x/y: a resource's name has 1 to 63 of a-z 0-9 _ - and begins with a"
                + " letter");
  }

  @Test
  void whatIsTakenBackNeedsSomePatience() {
    fleet.write("right.yaml", role("right", "guarantee: {cpus: 4}\nrevoke-after: 90s"));
    assertThat(fleet.problems()).isEmpty();
    fleet.write("hasty.yaml", role("hasty", "guarantee: {cpus: 4}\nrevoke-after: 9s"));

    assertThat(fleet.problems())
        .singleElement()
        .asString()
        .contains("hasty.yaml", "9000 ms; expected 10s");
  }

  @Test
  void theLargestSumsAreReckonedRight() {
    OfferedResource disk =
        OfferedResource.newBuilder().setName("disk").setSizeBytes(1L << 60).build();
    List<OfferRole> roles =
        new java.util.ArrayList<>(
            IntStream.range(0, 100)
                .mapToObj(i -> OfferRole.newBuilder().setName("a/" + i).addGuarantee(disk).build())
                .toList());
    assertThat(RoleCheck.problems(roles)).isEmpty();

    roles.add(OfferRole.newBuilder().setName("a").addGuarantee(disk).build());

    assertThat(RoleCheck.problems(roles))
        .singleElement()
        .asString()
        .startsWith("role a: guarantee:");
  }
}

package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who asks whom: no circles, and few ways to the service. */
class NeighboursTest {
  private static final int RACKS = 6;
  private static final int MACHINES = 12;
  private static final List<List<String>> UNIT = unit();
  private static final List<String> SOME = UNIT.stream().map(rack -> rack.get(3)).toList();

  private static List<List<String>> unit() {
    return IntStream.range(0, RACKS)
        .mapToObj(
            rack ->
                IntStream.range(0, MACHINES)
                    .mapToObj(machine -> "r" + rack + "-m" + machine + ":7001")
                    .toList())
        .toList();
  }

  private static String chunk(int number) {
    return Sha256.hex(("chunk " + number).getBytes(StandardCharsets.UTF_8));
  }

  private static Neighbours of(String self) {
    List<String> rack = UNIT.stream().filter(each -> each.contains(self)).findFirst().orElseThrow();
    return new Neighbours(self, SOME, List.of(), rack);
  }

  @Test
  void eachRankAsksThoseAboveIt() {
    String hash = chunk(1);
    List<String> unit = new Owners(SOME).of(hash, 2);
    List<String> rack =
        UNIT.stream()
            .filter(each -> !each.contains(unit.get(0)) && !each.contains(unit.get(1)))
            .findFirst()
            .orElseThrow();
    List<String> owners = new Owners(rack).of(hash, 2);
    String other = rack.stream().filter(each -> !owners.contains(each)).findFirst().orElseThrow();

    assertThat(of(unit.get(0)).chain(hash).before()).as("the unit's owner").isEmpty();
    assertThat(of(unit.get(1)).chain(hash).before()).as("its second").isEqualTo(unit.subList(0, 1));
    assertThat(of(owners.get(0)).chain(hash).before()).as("the rack's owner").isEqualTo(unit);
    assertThat(of(owners.get(1)).chain(hash).before())
        .as("its second")
        .containsExactly(owners.get(0), unit.get(0), unit.get(1));
    assertThat(of(other).chain(hash).before())
        .as("everybody else")
        .containsExactly(owners.get(0), owners.get(1), unit.get(0), unit.get(1));
    assertThat(of(owners.get(0)).chain(hash).after())
        .as("may have it when the service has not")
        .containsExactly(owners.get(1));
  }

  @Test
  void nobodyWaitsForItselfThroughOthers() {
    for (int i = 0; i < 200; i++) {
      String hash = chunk(i);
      for (String machine : UNIT.stream().flatMap(List::stream).toList()) {
        assertThat(reachable(machine, hash)).as(machine).doesNotContain(machine);
      }
    }
  }

  private static Set<String> reachable(String from, String hash) {
    Set<String> seen = new HashSet<>();
    List<String> left = new ArrayList<>(of(from).chain(hash).before());
    while (!left.isEmpty()) {
      String next = left.removeLast();
      if (seen.add(next)) {
        left.addAll(of(next).chain(hash).before());
      }
    }
    return seen;
  }

  @Test
  void oneMachineOfAUnitGoesToTheService() {
    for (int i = 0; i < 200; i++) {
      String hash = chunk(i);
      Set<String> first = new LinkedHashSet<>();
      for (String machine : UNIT.stream().flatMap(List::stream).toList()) {
        if (of(machine).chain(hash).before().isEmpty()) {
          first.add(machine);
        }
      }
      assertThat(first).hasSize(1);
    }
  }

  @Test
  void aRackThatIsTheUnitHasOneLevel() {
    List<String> rack = UNIT.get(0);
    Neighbours owner =
        new Neighbours(new Owners(rack).of(chunk(1), 1).get(0), rack, List.of(), rack);
    assertThat(owner.chain(chunk(1)).before()).isEmpty();
  }

  @Test
  void ownersOfALargeRackStandBetweenItsPartsAndTheUnit() {
    List<String> part = UNIT.get(2);
    List<String> first = List.of(UNIT.get(3).get(1), UNIT.get(4).get(2), UNIT.get(5).get(4));
    for (int i = 0; i < 200; i++) {
      String hash = chunk(i);
      String owner = new Owners(part).of(hash, 1).get(0);
      List<String> ofUnit = new Owners(SOME).of(hash, 2);
      if (part.stream().anyMatch(ofUnit::contains)) {
        continue; // one that is an owner twice is asked where it is nearest
      }
      List<String> expected = new ArrayList<>(new Owners(first).of(hash, 2));
      expected.addAll(ofUnit);
      assertThat(new Neighbours(owner, SOME, first, part).chain(hash).before()).isEqualTo(expected);
      String middle = expected.get(1);
      assertThat(new Neighbours(middle, SOME, first, part).chain(hash).before())
          .containsExactly(expected.get(0), ofUnit.get(0), ofUnit.get(1));
    }
  }

  @Test
  void aMachineThatIsInNoListAsksTheServiceAlone() {
    Neighbours alone = new Neighbours("web-01:7001", List.of(), List.of(), List.of());
    assertThat(alone.chain(chunk(1)).before()).isEmpty();
    assertThat(alone.chain(chunk(1)).after()).isEmpty();
    assertThat(alone.turn(chunk(1))).isZero();
  }

  @Test
  void whatOthersWaitForComesFirstThenEachBeginsElsewhere() {
    Set<Integer> turns = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      String hash = chunk(i);
      List<String> rack = UNIT.get(2);
      String owner = new Owners(rack).of(hash, 1).get(0);
      String unitOwner = new Owners(SOME).of(hash, 1).get(0);
      assertThat(of(owner).turn(hash)).isEqualTo(owner.equals(unitOwner) ? 0 : 1);
      Set<Integer> ofRack = new HashSet<>();
      rack.forEach(each -> ofRack.add(of(each).turn(hash)));
      assertThat(ofRack).hasSizeGreaterThanOrEqualTo(MACHINES - 1);
      turns.addAll(ofRack);
    }
    assertThat(turns)
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(0, MACHINES).boxed().toList());
  }
}

package io.pilothouse.scheduler.allocator.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums and differences of what machines have. */
class ResourcesTest {
  private static final String[] NAMES = {"cpus", "mem", "disk", "gpus", "licenses"};
  private static final String[] ROLES = {"", "", "(ads)", "(ads,ads/web)", "(batch)"};

  private static Resources random(Random random) {
    List<String> parts = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      String role = ROLES[random.nextInt(ROLES.length)];
      parts.add(NAMES[random.nextInt(NAMES.length)] + role + ":" + random.nextInt(5000) / 1000.0);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      int first = random.nextInt(40);
      String role = ROLES[random.nextInt(ROLES.length)];
      parts.add("ports" + role + ":[" + first + "-" + (first + random.nextInt(20)) + "]");
    }
    if (random.nextInt(3) == 0) {
      parts.add("zones:{" + (char) ('a' + random.nextInt(4)) + ",x}");
    }
    Resources result = Resources.parse(String.join(";", parts));
    if (random.nextInt(4) == 0) {
      Kind kind = Kind.of("disk").on(Disk.volume("v" + random.nextInt(3))).share();
      Resources volume = Resources.of(new Entry(kind, new Value.Scalar(5000)));
      result = result.plus(volume);
    }
    if (random.nextInt(4) == 0) {
      Resources slack =
          Resources.of(
              new Entry(Kind.of("cpus").revoke(), new Value.Scalar(1 + random.nextInt(3000))));
      result = result.plus(slack);
    }
    return result;
  }

  /** A part of it that can be taken away. */
  private static Resources part(Random random, Resources of) {
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : of) {
      if (random.nextBoolean()) {
        boolean divided = entry.isScalar() && !entry.kind().isWhole() && entry.milli() > 1;
        entries.add(
            divided
                ? new Entry(
                    entry.kind(),
                    new Value.Scalar(1 + random.nextInt(Math.toIntExact(entry.milli()))))
                : entry);
      }
    }
    return Resources.of(entries);
  }

  @Test
  void whatIsAddedCanBeTakenAwayAgain() {
    Random random = new Random(1);
    for (int i = 0; i < 5000; i++) {
      Resources a = random(random);
      Resources part = part(random, a);
      Resources rest = a.minus(part);
      assertThat(a.contains(part)).isTrue();
      assertThat(rest.plus(part)).isEqualTo(a).hasSameHashCodeAs(a);
      assertThat(a.contains(rest)).isTrue();
      assertThat(rest.contains(a)).isEqualTo(part.isEmpty());
      assertThat(a.minus(a)).isSameAs(Resources.NONE);
    }
  }

  @Test
  void theOrderOfAddingDoesNotMatter() {
    Random random = new Random(2);
    for (int i = 0; i < 5000; i++) {
      Resources a = random(random);
      Resources b = random(random);
      Resources c = random(random);
      assertThat(a.plus(b)).isEqualTo(b.plus(a));
      assertThat(a.plus(b).plus(c)).isEqualTo(a.plus(b.plus(c)));
      assertThat(a.plus(Resources.NONE)).isSameAs(a);
      assertThat(Resources.NONE.plus(a)).isSameAs(a);
      assertThat(a.plus(b).contains(a)).isTrue();
    }
  }

  @Test
  void takingAwayLeavesNothingBelowNothing() {
    Random random = new Random(3);
    for (int i = 0; i < 5000; i++) {
      Resources a = random(random);
      Resources b = random(random);
      Resources left = a.minus(b);
      assertThat(a.contains(left)).isTrue();
      left.forEach(entry -> assertThat(entry.value().isNothing()).isFalse());
      assertThat(a.chargeable().plus(a.notChargeable())).isEqualTo(a);
      assertThat(a.shared().plus(a.notShared())).isEqualTo(a);
    }
  }

  @Test
  void quantitiesAreThoseOfAllScalarsWhoeverTheyAreFor() {
    Resources all = Resources.parse("cpus:1.5;cpus(ads):2;mem:64;ports:[1-9];cpus(batch):0.25");
    assertThat(all.quantities().toString()).isEqualTo("cpus:3.75; mem:64");
    assertThat(all.quantities().contains(Quantities.parse("cpus:3.7"))).isTrue();
    assertThat(all.quantities().contains(Quantities.parse("gpus:1"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [1-10]           | [3-5]             | [1-2, 6-10]       | [1-10]
          [1-10]           | [11-12]           | [1-10]            | [1-12]
          [1-10, 20-30]    | [5-25]            | [1-4, 26-30]      | [1-30]
          [1-3, 5-7]       | [4-4]             | [1-3, 5-7]        | [1-7]
          [5-5]            | [1-9]             |                   | [1-9]
          [1-2, 4-5, 7-8]  | [2-2, 4-4, 8-8]   | [1-1, 5-5, 7-7]   | [1-2, 4-5, 7-8]
          """)
  void ranges(String a, String b, String minus, String plus) {
    Resources left = Resources.parse("ports:" + a).minus(Resources.parse("ports:" + b));
    assertThat(left.toString()).isEqualTo(minus == null ? "" : "ports:" + minus);
    Resources both = Resources.parse("ports:" + a).plus(Resources.parse("ports:" + b));
    assertThat(both.toString()).isEqualTo("ports:" + plus);
    assertThat(both.contains(Resources.parse("ports:" + a))).isTrue();
  }

  @Test
  void rangesBehaveAsTheSetsThatTheyAre() {
    Random random = new Random(4);
    for (int i = 0; i < 3000; i++) {
      boolean[][] in = new boolean[2][24];
      Resources[] sides = new Resources[2];
      for (int side = 0; side < 2; side++) {
        List<Ranges.Range> ranges = new ArrayList<>();
        for (int n = 0; n < 24; n++) {
          in[side][n] = random.nextBoolean();
          if (in[side][n]) {
            ranges.add(new Ranges.Range(n, n));
          }
        }
        sides[side] = Resources.of(new Entry(Kind.of("ports"), Ranges.of(ranges)));
      }
      boolean contains = true;
      List<Ranges.Range> left = new ArrayList<>();
      for (int n = 0; n < 24; n++) {
        contains &= in[0][n] || !in[1][n];
        if (in[0][n] && !in[1][n]) {
          left.add(new Ranges.Range(n, n));
        }
      }
      assertThat(sides[0].contains(sides[1])).isEqualTo(contains);
      assertThat(sides[0].minus(sides[1]))
          .isEqualTo(Resources.of(new Entry(Kind.of("ports"), Ranges.of(left))));
    }
  }

  @Test
  void aVolumeIsTakenAsAWholeOrNotAtAll() {
    Kind volume = Kind.of("disk").on(Disk.volume("v1"));
    Resources all = Resources.of(new Entry(volume, new Value.Scalar(5000)));
    Resources part = Resources.of(new Entry(volume, new Value.Scalar(3000)));
    assertThat(all.contains(part)).isFalse();
    assertThat(all.minus(part)).isEqualTo(all);
    assertThat(all.minus(all).isEmpty()).isTrue();
  }

  @Test
  void copiesOfASharedVolumeAreCountedAndItsSizeIsNot() {
    Kind shared = Kind.of("disk").on(Disk.volume("v1")).share();
    Resources one = Resources.of(new Entry(shared, new Value.Scalar(5000)));
    Resources two = one.plus(one);
    assertThat(two.contains(one)).isTrue();
    assertThat(one.contains(two)).isFalse();
    assertThat(two.quantities()).isEqualTo(one.quantities());
    assertThat(two.minus(one)).isEqualTo(one);
    assertThat(two.toString()).isEqualTo("disk[v1]<SHARED>:5x2");
    Resources beside = Resources.parse("cpus:1;ports:[1-2]");
    assertThat(two.plus(beside).once()).as("it is there once").isEqualTo(one.plus(beside));
    assertThat(beside.once().is(beside)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cpus         | resource 'cpus': expected name:value or name(role):value
          cpus:x       | resource 'cpus:x': expected a number from 0 to 999999999999999, such as 0.5
          cpus:-1      | resource 'cpus:-1': expected a number from 0 to 999999999999999, such as 0.5
          cpus:1e99999 | resource 'cpus:1e99999': expected a number from 0 to 999999999999999, such as 0.5
          ports:[1]    | resource 'ports:[1]': expected ranges such as [1-9,20-30]
          ports:[9-1]  | range 9-1: expected the first not above the last
          cpus(*,a):1  | reservation for role '*': expected a role; what is reserved for none has no reservation
          """)
  void whatCannotBeReadIsNamed(String text, String message) {
    assertThatThrownBy(() -> Resources.parse(text)).hasMessage(message);
  }

  @Test
  void valuesOfOneKindHaveOneType() {
    Resources number = Resources.parse("x:1");
    Resources set = Resources.parse("x:{a}");
    assertThatThrownBy(() -> number.plus(set))
        .hasMessageContaining("cannot be combined with")
        .hasMessageContaining("values of one resource have one type");
  }
}

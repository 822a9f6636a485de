package io.pilothouse.scheduler.allocator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReservedTest {
  private static final Resources OWN =
      Resources.parse("cpus:4;mem:1024;disk:100;ports:[1-9];zones:{a,b}");

  private static Resources parse(String text) {
    return Resources.parse(text);
  }

  private static Resources volume(String role, String id, long mega) {
    Kind kind = Kind.of("disk").reserved(Reservation.dynamic(role)).on(Disk.volume(id));
    return Resources.of(new Entry(kind, new Value.Scalar(mega * 1000)));
  }

  @Test
  void whatIsReservedIsAPartOfWhatThereIs() {
    Resources reserved =
        parse("cpus(a):1.5;ports(a):[3-4];zones(b):{b}").plus(volume("a", "v", 30));
    assertThat(Reserved.total(OWN, reserved))
        .isEqualTo(parse("cpus:2.5;mem:1024;disk:70;ports:[1-2,5-9];zones:{a}").plus(reserved));
    assertThat(Reserved.of(Reserved.total(OWN, reserved))).isEqualTo(reserved);
    assertThat(Reserved.plain(Reserved.total(OWN, reserved))).isEqualTo(OWN);
    assertThat(Reserved.total(OWN, Resources.NONE).is(OWN)).isTrue();
  }

  @Test
  void ofAMachineThatShrankVolumesStayFirstAndNothingIsNegative() {
    Resources reserved = parse("cpus(a):3;cpus(b):3;disk(a):50").plus(volume("a", "v", 80));
    assertThat(Reserved.total(parse("cpus:4;disk:100"), reserved))
        .isEqualTo(parse("cpus(a):3;cpus(b):1;disk(a):20").plus(volume("a", "v", 80)));
    assertThat(Reserved.total(parse("cpus:2;disk:79"), reserved))
        .as("a volume is there as a whole or not at all, and its data takes the room")
        .isEqualTo(parse("cpus(a):2"));
    assertThat(Reserved.total(parse("mem:1"), reserved)).isEqualTo(parse("mem:1"));
    assertThat(Reserved.total(parse("ports:[5-6]"), parse("ports(a):[1-5]")))
        .isEqualTo(parse("ports:[6-6];ports(a):[5-5]"));
  }

  @Test
  void aNameThatHasAnotherShapeNowIsNotMixedUp() {
    assertThat(Reserved.total(parse("zones:3"), parse("zones(a):{a}"))).isEqualTo(parse("zones:3"));
  }

  @Test
  void howAVolumeIsUsedDoesNotMakeItAnother() {
    Kind plain = Kind.of("disk").reserved(Reservation.dynamic("a"));
    Kind made = plain.on(new Disk("", false, "v", "at data"));
    Kind used = plain.on(new Disk("", false, "v", "at elsewhere"));
    Resources held = Resources.of(new Entry(made, new Value.Scalar(5_000)));
    Resources asked = Resources.of(new Entry(used, new Value.Scalar(5_000))).plus(parse("cpus:1"));
    assertThat(held.contains(Reserved.of(asked))).isTrue();
    assertThat(details(Reserved.named(held, asked))).containsExactly("at data");
    assertThat(details(Reserved.named(Resources.NONE, asked))).containsExactly("at elsewhere");
    assertThat(Reserved.named(held, asked)).isEqualTo(asked);
  }

  private static List<String> details(Resources of) {
    List<String> all = new ArrayList<>();
    of.forEach(entry -> entry.kind().disk().ifPresent(disk -> all.add(disk.details())));
    return all;
  }

  /** Whatever is reserved of whatever machine: no more is offered than it has. */
  @Test
  void neverMoreThanThereIs() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      Resources own =
          parse(
              "cpus:%d;disk:%d;ports:[%d-9]"
                  .formatted(random.nextInt(5), random.nextInt(100), 1 + random.nextInt(8)));
      Resources reserved =
          parse(
                  "cpus(a):%d;cpus(b):%d;disk(a):%d;ports(b):[3-%d]"
                      .formatted(
                          random.nextInt(4),
                          random.nextInt(4),
                          random.nextInt(60),
                          3 + random.nextInt(9)))
              .plus(volume("b", "v", random.nextInt(60)));
      Resources total = Reserved.total(own, reserved);
      assertThat(own.contains(Reserved.plain(total)))
          .as("seed 7, round %s: %s of %s", i, total, own)
          .isTrue();
      assertThat(reserved.minus(Reserved.of(total)).plus(Reserved.of(total))).isEqualTo(reserved);
    }
  }
}

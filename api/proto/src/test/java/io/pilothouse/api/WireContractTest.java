package io.pilothouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import io.pilothouse.api.log.v1.LogProto;
import io.pilothouse.api.log.v1.Meta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each release wrote or sent is still understood. */
class WireContractTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final String META = "pilothouse.log.v1.Meta";

  private final FileDescriptorSet now = WireContract.ofThisBuild();

  private static List<Path> releases() throws IOException {
    try (Stream<Path> found = Files.list(GOLDEN)) {
      return found.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void theProtosStillMeanWhatEachReleaseMeantByThem(Path release) throws IOException {
    FileDescriptorSet then =
        FileDescriptorSet.parseFrom(Files.readAllBytes(release.resolve("protos")));
    assertThat(then.getFileCount()).isGreaterThan(8);
    assertThat(WireContract.breaches(then, now)).isEmpty();
  }

  @Test
  void aFieldThatIsGoneOrOtherIsFound() {
    assertThat(breaches(meta -> meta.removeField(0)))
        .containsExactly(META + ".now = 1 is gone; reserve its number and name");
    assertThat(breaches(meta -> meta.getFieldBuilder(0).setNumber(99)))
        .containsExactly(META + ".now = 1 is gone; reserve its number and name");
    assertThat(
            breaches(
                meta -> meta.getFieldBuilder(0).setType(FieldDescriptorProto.Type.TYPE_STRING)))
        .singleElement()
        .asString()
        .contains("now = 1 was LABEL_OPTIONAL TYPE_INT64 now and is LABEL_OPTIONAL TYPE_STRING");
    assertThat(breaches(meta -> meta.getFieldBuilder(0).setName("clock"))).hasSize(1);
    assertThat(breaches(meta -> meta.setName("Other")))
        .containsExactly("message " + META + " is gone");
  }

  @Test
  void aFieldThatIsReservedOrNewIsFine() {
    assertThat(
            breaches(
                meta ->
                    meta.removeField(0)
                        .addReservedName("now")
                        .addReservedRange(
                            DescriptorProto.ReservedRange.newBuilder().setStart(1).setEnd(2))))
        .isEmpty();
    assertThat(
            breaches(
                meta ->
                    meta.addField(
                        FieldDescriptorProto.newBuilder().setName("more").setNumber(500))))
        .isEmpty();
  }

  @Test
  void enumValuesAndCallsAreHeldToo() {
    FileDescriptorSet.Builder changed = now.toBuilder();
    for (FileDescriptorProto.Builder file : changed.getFileBuilderList()) {
      if (file.getServiceCount() > 0) {
        file.getServiceBuilder(0).removeMethod(0);
      }
      if (file.getEnumTypeCount() > 0) {
        file.getEnumTypeBuilder(0).getValueBuilder(1).setName("OTHER");
      }
    }
    assertThat(WireContract.breaches(now, changed.build()))
        .anyMatch(each -> each.startsWith("call pilothouse.v1.Operator/") && each.endsWith("gone"))
        .anyMatch(each -> each.endsWith("= 1 is OTHER"));
  }

  /** Between this build and one whose Meta is another. */
  private List<String> breaches(Consumer<DescriptorProto.Builder> change) {
    FileDescriptorSet.Builder changed = now.toBuilder();
    changed.getFileBuilderList().stream()
        .filter(file -> file.getName().equals(LogProto.getDescriptor().getName()))
        .forEach(
            file -> change.accept(file.getMessageTypeBuilder(Meta.getDescriptor().getIndex())));
    return WireContract.breaches(now, changed.build());
  }
}

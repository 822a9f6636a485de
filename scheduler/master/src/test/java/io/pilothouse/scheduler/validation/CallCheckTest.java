package io.pilothouse.scheduler.validation;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.Request;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A REQUEST is kept, so that nothing may be in it that cannot be counted. */
class CallCheckTest {

  private static Resource.Builder cpus(double amount) {
    return Resource.newBuilder()
        .setName("cpus")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount));
  }

  private static Optional<String> objection(Resource.Builder... resources) {
    Request.Builder request = Request.newBuilder();
    for (Resource.Builder each : resources) {
      request.addResources(each);
    }
    return CallCheck.objection(
        Call.newBuilder()
            .setType(Call.Type.REQUEST)
            .setFrameworkId(FrameworkID.newBuilder().setValue("f"))
            .setRequest(Call.Request.newBuilder().addRequests(request))
            .build(),
        Optional.empty());
  }

  @Test
  void whatCanBeCountedIsTaken() {
    assertThat(objection(cpus(4))).isEmpty();
    assertThat(objection(cpus(0))).isEmpty();
    assertThat(objection()).as("it wants nothing any more").isEmpty();
  }

  @Test
  void whatCannotIsRefused() {
    assertThat(objection(cpus(1).setName(""))).hasValueSatisfying(is("Empty resource name"));
    assertThat(objection(cpus(-1))).isPresent();
    assertThat(objection(cpus(Double.NaN))).isPresent();
    assertThat(objection(cpus(1).setType(Value.Type.TEXT))).isPresent();
  }

  @Test
  void aSumThatIsNoNumberAnyMoreIsRefusedAndSoIsTooMuchOfIt() {
    Resource.Builder[] many = new Resource.Builder[3];
    java.util.Arrays.setAll(many, i -> cpus(4e11));
    assertThat(objection(many)).hasValueSatisfying(is("of cpus together, above 1e12"));
    Resource.Builder[] all = new Resource.Builder[5000];
    java.util.Arrays.setAll(all, i -> cpus(1));
    assertThat(objection(all)).hasValueSatisfying(is("expected at most 65536"));
  }

  private static java.util.function.Consumer<String> is(String part) {
    return text -> assertThat(text).contains(part);
  }
}

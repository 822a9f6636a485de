package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.WriteReply;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AccessTest {
  private static final Principal SATELLITE = Principal.parse("satellite/repair-1").orElseThrow();

  /** Deny by default: a write that is added later is closed until it is named a read. */
  @Test
  void whatAnswersLikeAWriteIsNoRead() {
    for (MethodDescriptor<?, ?> method : OperatorGrpc.getServiceDescriptor().getMethods()) {
      var schema = (ProtoMethodDescriptorSupplier) method.getSchemaDescriptor();
      boolean writes =
          Objects.requireNonNull(schema)
              .getMethodDescriptor()
              .getOutputType()
              .equals(WriteReply.getDescriptor());
      String name = Objects.requireNonNull(method.getBareMethodName());
      assertThat(Access.isWrite(name)).as(name).isEqualTo(writes);
      assertThat(Access.objection(SATELLITE, Access.OPERATOR, name).isPresent())
          .as(name + " by a satellite")
          .isEqualTo(writes);
    }
  }

  @Test
  void aMethodThatNobodyKnowsIsNotOpenToSatellites() {
    assertThat(Access.objection(SATELLITE, Access.OPERATOR, "EraseAll"))
        .contains("satellite/repair-1 may not call pilothouse.v1.Operator/EraseAll");
  }
}

package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.dm.state.Offerability;
import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;

/** Machines as a scheduler is told of them: resources and attributes are Mesos'. */
final class OfferedMachines {
  private static final double MILLE = 1000;

  /** Mesos reckons mem and disk in it, and calls it MB. */
  private static final double MEBIBYTE = 1 << 20;

  private static final String ANY_ROLE = "*";

  private OfferedMachines() {}

  static OfferableMachine of(Offerability.Answer answer) {
    Machine machine = answer.machine();
    OfferableMachine.Builder told =
        OfferableMachine.newBuilder()
            .setName(machine.getName())
            .setOfferable(answer.whyNot().isEmpty())
            .addAllWhyNot(answer.whyNot())
            .setTakenAt(answer.takenAt())
            .setTakenBy(answer.takenBy())
            .setPlannedAt(answer.plannedAt())
            .setGeneration(machine.getGeneration())
            .setBootId(machine.getObserved().getBootId())
            .setAddress(machine.getObserved().getAddress())
            .setLifecycle(machine.getLifecycle())
            .setCondition(machine.getCondition());
    answer.offers().getResourcesList().forEach(each -> told.addResources(resource(each)));
    attribute(told, "rack", machine.getRack());
    attribute(told, "switch", machine.getSwitch());
    attribute(told, "unit", machine.getScaleUnit());
    attribute(told, "type", machine.getType());
    attribute(told, "model", machine.getModel());
    return told.build();
  }

  private static Resource resource(OfferedResource offered) {
    Resource.Builder resource = Resource.newBuilder().setName(offered.getName());
    role(resource);
    if (offered.getRangesCount() > 0) {
      resource.setType(Value.Type.RANGES);
      offered
          .getRangesList()
          .forEach(
              each ->
                  resource
                      .getRangesBuilder()
                      .addRange(
                          Value.Range.newBuilder()
                              .setBegin(each.getFirst())
                              .setEnd(each.getLast())));
    } else if (offered.getItemsCount() > 0) {
      resource.setType(Value.Type.SET);
      resource.getSetBuilder().addAllItem(offered.getItemsList());
    } else {
      double value =
          offered.getSizeBytes() > 0
              ? offered.getSizeBytes() / MEBIBYTE
              : offered.getMilli() / MILLE;
      resource.setType(Value.Type.SCALAR).getScalarBuilder().setValue(value);
    }
    return resource.build();
  }

  @SuppressWarnings("deprecation") // of Mesos' format before reservations: the plain one
  private static void role(Resource.Builder resource) {
    resource.setRole(ANY_ROLE);
  }

  private static void attribute(OfferableMachine.Builder told, String name, String value) {
    if (!value.isEmpty()) {
      told.addAttributes(
          Attribute.newBuilder()
              .setName(name)
              .setType(Value.Type.TEXT)
              .setText(Value.Text.newBuilder().setValue(value)));
    }
  }
}

package io.pilothouse.dm.simulate;

/** Who controls the fleet in a run. */
enum Ruler {
  PILOTHOUSE("pilothouse"),
  BREAKER("breaker"),
  BREAKER_CAPI("breaker-capi"),
  REBOOT_FIRST("reboot-first");

  private final String words;

  Ruler(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }

  Control control(World world, Simulation.Plan plan) {
    return switch (this) {
      case PILOTHOUSE -> new Pilothouse(world, plan.fleet(), plan.habits(), plan.keepsLog());
      case BREAKER -> new Breaker(world, plan.fleet(), Breaker.Figures.KARPENTER);
      case BREAKER_CAPI -> new Breaker(world, plan.fleet(), Breaker.Figures.CLUSTER_API);
      case REBOOT_FIRST -> new RebootFirst(world, plan.fleet(), plan.habits());
    };
  }
}

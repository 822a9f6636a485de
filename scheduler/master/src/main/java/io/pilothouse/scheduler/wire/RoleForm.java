package io.pilothouse.scheduler.wire;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.quota.QuotaConfig;
import io.pilothouse.mesos.v1.quota.QuotaInfo;
import io.pilothouse.mesos.v1.quota.QuotaStatus;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A role, as operators set it, for the allocator. */
public final class RoleForm {
  private static final double MEBIBYTE = 1 << 20;
  private static final double MILLE = 1000;

  private RoleForm() {}

  public static double weight(OfferRole role) {
    return role.getWeightMilli() == 0 ? 1 : Integer.toUnsignedLong(role.getWeightMilli()) / MILLE;
  }

  /**
   * What it can count on and may not exceed.
   *
   * @throws IllegalArgumentException if it is none: a limit below the guarantee, less than nothing
   */
  public static Quota quota(OfferRole role) {
    return new Quota(
        Quantities.of(thousandths(role.getGuaranteeList())), thousandths(role.getLimitList()));
  }

  /** In the form of today, and guarantees in the older one, too. */
  @SuppressWarnings("deprecation") // tools read the older one
  public static void write(QuotaStatus.Builder status, String role, Quota quota) {
    QuotaConfig.Builder config = status.addConfigsBuilder().setRole(role);
    QuotaInfo.Builder info = QuotaInfo.newBuilder().setRole(role);
    quota
        .guarantees()
        .forEach(
            (name, milli) -> {
              config.putGuarantees(name, scalar(milli));
              info.addGuaranteeBuilder()
                  .setName(name)
                  .setType(Value.Type.SCALAR)
                  .setScalar(scalar(milli));
            });
    quota.limits().forEach((name, milli) -> config.putLimits(name, scalar(milli)));
    if (info.getGuaranteeCount() > 0) {
      status.addInfos(info);
    }
  }

  private static Value.Scalar scalar(long milli) {
    return Value.Scalar.newBuilder().setValue(milli / MILLE).build();
  }

  /** Sizes count in MB, as Mesos has them. */
  private static SortedMap<String, Long> thousandths(List<OfferedResource> resources) {
    SortedMap<String, Long> byName = new TreeMap<>();
    for (OfferedResource each : resources) {
      long amount =
          each.getSizeBytes() == 0
              ? each.getMilli()
              : Math.round(each.getSizeBytes() / MEBIBYTE * MILLE);
      if (amount < 0) {
        throw new IllegalArgumentException(
            "%s m of %s: expected 0 or more".formatted(amount, each.getName()));
      }
      byName.put(each.getName(), amount);
    }
    return byName;
  }
}

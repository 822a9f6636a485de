package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.TransferLimits;
import io.pilothouse.manifests.access.OrderKinds;
import io.pilothouse.manifests.signing.PublicKeys;

/** The fleet as a whole. */
final class ClusterText {
  private ClusterText() {}

  static Document of(Fleet fleet) {
    return Document.of("Cluster")
        .text("name", fleet.getName())
        .object("budgets", fleet.hasBudgets(), budgets(fleet.getBudgets()))
        .duration("report-every", fleet.getReportEveryMs())
        .object("provisioning", fleet.hasProvisioning(), provisioning(fleet.getProvisioning()))
        .object("incidents", fleet.hasIncidents(), incidents(fleet.getIncidents()))
        .object("approvals", fleet.hasApprovals(), approvals(fleet.getApprovals()))
        .object("transfers", fleet.hasTransfers(), transfers(fleet.getTransfers()))
        .objects(
            "manifest-keys", fleet.getManifestKeysList().stream().map(ClusterText::key).toList())
        .object("contents", fleet.hasContents(), contents(fleet.getContents()));
  }

  private static Document budgets(Budgets budgets) {
    return new Document()
        .limit("fleet", budgets.getFleet())
        .limit("unit", budgets.getUnit())
        .limit("rack", budgets.getRack())
        .limit("switch", budgets.getSwitch())
        .limit("feed", budgets.getFeed())
        .limit("type", budgets.getType());
  }

  private static Document provisioning(ProvisioningPolicy policy) {
    return new Document()
        .number("max-concurrent", policy.getMaxConcurrent())
        .duration("step-deadline", policy.getStepDeadlineMs())
        .number("max-attempts", policy.getMaxAttempts())
        .duration("retry-after", policy.getRetryAfterMs());
  }

  private static Document incidents(IncidentPolicy policy) {
    return new Document()
        .number("machines", policy.getMachines())
        .share("share", policy.getShare())
        .number("base-factor", policy.getBaseFactor())
        .duration("window", policy.getWindowMs())
        .number("mass-machines", policy.getMassMachines())
        .share("mass-share", policy.getMassShare())
        .duration("quiet", policy.getQuietMs())
        .duration("trial-after", policy.getTrialAfterMs())
        .share("noise-share", policy.getNoiseShare());
  }

  private static Document approvals(ApprovalPolicy policy) {
    return new Document()
        .limit("destructive", policy.getDestructive())
        .duration("window", policy.getWindowMs())
        .limit("blast-radius", policy.getBlastRadius())
        .texts(
            "second-person-for",
            policy.getSecondPersonForList().stream().map(OrderKinds::word).toList());
  }

  private static Document transfers(TransferLimits limits) {
    return new Document()
        .size("machine", limits.getMachine())
        .size("machine-serves", limits.getMachineServes())
        .size("rack-uplink", limits.getRackUplink());
  }

  private static Document key(ManifestKey key) {
    return new Document()
        .text("name", key.getName())
        .text("public", PublicKeys.text(key.getEd25519().toByteArray()));
  }

  private static Document contents(ContentPolicy policy) {
    return new Document()
        .flag("require-signature", policy.getRequireSignature())
        .size("most-bytes", policy.getMostBytes())
        .number("most-versions", policy.getMostVersions())
        .size("most-total", policy.getMostTotalBytes());
  }
}

package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainTaskReply;
import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.RoleExplanation;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.api.v1.WithheldAgents;
import io.pilothouse.cli.Json;
import java.util.ArrayList;
import java.util.List;

/** Why a framework gets what it gets, and how a task came to be where it is, in words. */
public final class OfferExplanations {
  private static final String FREE = "OTHERS_FIRST";

  private OfferExplanations() {}

  public static String text(ExplainFrameworkReply why) {
    StringBuilder text = new StringBuilder(FrameworkRows.sentence(why.getFramework()));
    for (RoleExplanation each : why.getRolesList()) {
      text.append("\nrole ").append(each.getRole().getName());
      sentences(each).forEach(line -> text.append("\n  ").append(line));
      for (WithheldAgents rule : each.getWithheldList()) {
        text.append("\n  ").append(machines(rule));
        rule.getReasonsList().forEach(reason -> text.append("\n    ").append(reason));
        if (!rule.getRemedy().isEmpty()) {
          text.append("\n    what to do: ").append(rule.getRemedy());
        }
      }
      if (each.getWithheldCount() == 0) {
        text.append("\n  no machine's agent has connected to the scheduler yet");
      }
    }
    if (why.getLeftOut() > 0) {
      text.append("\n").append(leftOut(why));
    }
    return text.toString();
  }

  private static String leftOut(ExplainFrameworkReply why) {
    return "%d more %s of it: name one with --role"
        .formatted(why.getLeftOut(), why.getLeftOut() == 1 ? "role" : "roles");
  }

  /** {@code 12 machines: the fleet keeps them back}. */
  private static String machines(WithheldAgents rule) {
    return "%d %s: %s"
        .formatted(
            rule.getAgents(), rule.getAgents() == 1 ? "machine" : "machines", rule.getText());
  }

  private static List<String> sentences(RoleExplanation why) {
    RoleView role = why.getRole();
    List<String> lines = new ArrayList<>();
    String weight = Amounts.number(role.getWeight());
    lines.add(
        role.getDominant().isEmpty()
            ? "the role has nothing yet; its weight is " + weight
            : "the role has %s of all %s, its largest share; with its weight of %s that counts as %s"
                .formatted(
                    Amounts.percent(role.getShare()),
                    role.getDominant(),
                    weight,
                    Amounts.percent(role.getShare() / Math.max(role.getWeight(), 0.001))));
    lines.add(
        "the framework has %s of all there is".formatted(Amounts.percent(why.getFrameworkShare())));
    lines.add(rank(why));
    if (role.getPriority() != 0) {
      lines.add(
          "its priority is %d: roles beside it with less are served after it"
              .formatted(role.getPriority()));
    }
    String consumed = RoleRows.or(Amounts.text(why.getConsumedList()), "nothing");
    if (role.getGuaranteeCount() > 0) {
      lines.add(
          "guaranteed are %s; charged against it so far: %s"
              .formatted(Amounts.text(role.getGuaranteeList()), consumed));
    }
    if (!role.getLack().isEmpty()) {
      lines.add("the role lacks " + role.getLack());
    }
    lines.add(
        role.getLimitCount() == 0
            ? "it has no limit of its own"
            : "its limit is %s; charged against it so far: %s"
                .formatted(Amounts.text(role.getLimitList()), consumed));
    if (why.getHeadroomCount() > 0) {
      lines.add(
          "held back from everybody, for guarantees that are not met: "
              + Amounts.text(why.getHeadroomList()));
    }
    lines.add(
        "it was offered something %s in this role"
            .formatted(FrameworkRows.number(why.getOffersEver(), "time")));
    return lines;
  }

  private static String rank(RoleExplanation why) {
    if (why.getRoleRank() == 0) {
      return "the role is not among those that are served next";
    }
    String role = "in the next round the role is number %d".formatted(why.getRoleRank());
    return why.getRank() == 0
        ? role + ", and the framework is not among those served in it"
        : role + ", and the framework number %d in it".formatted(why.getRank());
  }

  /** With the keys that every explanation has, and the numbers of each role beside them. */
  public static ObjectNode json(ExplainFrameworkReply why) {
    FrameworkView framework = why.getFramework();
    List<String> evidence = new ArrayList<>();
    for (RoleExplanation each : why.getRolesList()) {
      sentences(each).forEach(line -> evidence.add(each.getRole().getName() + ": " + line));
    }
    if (why.getLeftOut() > 0) {
      evidence.add(leftOut(why));
    }
    ObjectNode root =
        head("framework " + framework.getId(), FrameworkRows.sentence(framework), evidence);
    ArrayNode vetoes = root.putArray("vetoes");
    ArrayNode roles = Json.object().putArray("roles");
    for (RoleExplanation each : why.getRolesList()) {
      for (WithheldAgents rule : each.getWithheldList()) {
        if (!rule.getRule().equals(FREE)) {
          veto(vetoes.addObject(), each.getRole().getName(), rule);
        }
      }
      fill(roles.addObject(), each);
    }
    root.putObject("next").put("what", next(why)).putNull("at");
    FrameworkRows.fill(framework, root.putObject("framework"));
    root.set("roles", roles);
    return root.put("left_out", why.getLeftOut());
  }

  private static ObjectNode head(String subject, String sentence, List<String> evidence) {
    ObjectNode root = Json.object().put("subject", subject).put("sentence", sentence);
    Json.strings(root, "evidence", evidence);
    return root.put("rule", "");
  }

  private static void veto(ObjectNode node, String role, WithheldAgents rule) {
    node.put("kind", rule.getRule())
        .put("domain", "role/" + role)
        .put("agents", rule.getAgents())
        .put("sentence", machines(rule))
        .put("remedy", rule.getRemedy());
    Json.strings(node, "reasons", rule.getReasonsList());
  }

  private static void fill(ObjectNode node, RoleExplanation why) {
    RoleRows.fill(why.getRole(), node.putObject("role"));
    node.put("suppressed", why.getSuppressed())
        .put("role_rank", why.getRoleRank())
        .put("rank", why.getRank())
        .put("framework_share", why.getFrameworkShare());
    Amounts.fill(node, "consumed", why.getConsumedList());
    Amounts.fill(node, "headroom", why.getHeadroomList());
    node.put("offers_ever", why.getOffersEver());
    ArrayNode withheld = node.putArray("withheld");
    why.getWithheldList()
        .forEach(each -> veto(withheld.addObject(), why.getRole().getName(), each));
  }

  private static String next(ExplainFrameworkReply why) {
    if (why.getFramework().getEndedAt() > 0) {
      return "nothing; it has ended";
    }
    boolean free =
        why.getRolesList().stream()
            .flatMap(each -> each.getWithheldList().stream())
            .anyMatch(each -> each.getRule().equals(FREE));
    return free
        ? "it is offered machines as soon as nobody goes before it"
        : "nothing is offered to it until one of these rules lets a machine go";
  }

  public static String text(ExplainTaskReply why) {
    StringBuilder text = new StringBuilder(TaskRows.sentence(why.getTask()));
    why.getLinesList().forEach(line -> text.append("\n  ").append(line));
    return text.toString();
  }

  public static ObjectNode json(ExplainTaskReply why) {
    int last = why.getLinesCount() - 1;
    String next = last < 0 ? "" : why.getLines(last).replaceFirst("^next: ", "");
    ObjectNode root =
        head(
            "task " + why.getTask().getId(),
            TaskRows.sentence(why.getTask()),
            last < 0 ? List.of() : why.getLinesList().subList(0, last));
    root.putArray("vetoes");
    root.putObject("next").put("what", next).putNull("at");
    TaskRows.fill(why.getTask(), root.putObject("task"));
    return root;
  }
}

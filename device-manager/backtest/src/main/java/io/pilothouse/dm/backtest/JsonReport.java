package io.pilothouse.dm.backtest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Action;
import io.pilothouse.manifests.policy.RuleWords;
import java.time.Instant;
import java.util.Map;

/** For programs: one object, the summary first, each number's limit beside it. */
final class JsonReport {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String CANNOT_KNOW = "cannot_know";

  private JsonReport() {}

  static String of(Outcome outcome) {
    Comparison comparison = outcome.comparison();
    ObjectNode root = JSON.createObjectNode();
    ObjectNode summary = root.putObject("summary");
    summary.put("policy", outcome.policy().getName());
    summary.put("file", outcome.file());
    outcome.types().forEach(summary.putArray("types")::add);
    summary.put("from", Instant.ofEpochMilli(outcome.from()).toString());
    summary.put("to", Instant.ofEpochMilli(outcome.to()).toString());
    summary.put("entries", outcome.entries());
    summary.put("times_of_errors", comparison.walks.size());
    summary.put("differing", comparison.differing().size());
    actions(summary.putObject("actions_recorded"), comparison.recordedActions);
    actions(summary.putObject("actions_under_file"), comparison.otherActions);
    outcome.remarks().forEach(summary.putArray("remarks")::add);
    ObjectNode wrong = root.putObject("likely_wrong");
    judged(wrong.putObject("recorded"), comparison.recorded);
    judged(wrong.putObject("under_file"), comparison.other);
    wrong.put("recorded_executed", comparison.wrongExecuted);
    wrong.put(CANNOT_KNOW, Limits.WRONG);
    ObjectNode missed = root.putObject("likely_missed");
    missed.put("recorded", comparison.recorded.missed());
    missed.put("under_file", comparison.other.missed());
    missed.put(CANNOT_KNOW, Limits.MISSED);
    peaks(root.putObject("peaks"), comparison);
    differences(root.putObject("differences"), comparison);
    try {
      return JSON.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static void actions(ObjectNode node, Map<Action, Integer> counts) {
    counts.forEach((action, count) -> node.put(RuleWords.action(action), count));
  }

  private static void judged(ObjectNode node, Comparison.Judged judged) {
    node.put("total", judged.wrong());
    node.put("errors_went_by_themselves", judged.cleared());
    node.put("incident", judged.incident());
    node.put("quarantined_watchdog", judged.quarantined());
  }

  private static void peaks(ObjectNode node, Comparison comparison) {
    ArrayNode items = node.putArray("items");
    for (Comparison.Peak each : comparison.peaks) {
      ObjectNode item = items.addObject().put("domain", each.domain());
      if (each.limit() >= 0) {
        item.put("limit", each.limit());
      }
      item.put("recorded", each.recorded())
          .put("recorded_modelled", each.modelled())
          .put("under_file_asked", each.demand())
          .put("under_file_taken", each.taken());
    }
    ObjectNode durations = node.putObject("durations_ms");
    comparison.durations.forEach((action, ms) -> durations.put(RuleWords.action(action), ms));
    node.put(CANNOT_KNOW, Limits.PEAKS);
  }

  private static void differences(ObjectNode node, Comparison comparison) {
    ArrayNode items = node.putArray("items");
    for (Counterfactual.Walk walk : comparison.differing()) {
      Spell spell = walk.spell();
      ObjectNode item = items.addObject();
      item.put("machine", spell.machine.getName());
      item.put("since", Instant.ofEpochMilli(spell.since).toString());
      item.put("fault", spell.fault);
      item.put("watchdog", spell.watchdog);
      Action cure = spell.cure();
      item.put("helped", cure == null ? "" : RuleWords.action(cure));
      item.put("went_by_itself", spell.clearedByItself());
      spell.incidents.forEach(item.putArray("incidents")::add);
      ArrayNode recorded = item.putArray("recorded");
      for (Spell.Decision each : spell.decisions) {
        recorded
            .addObject()
            .put("at", Instant.ofEpochMilli(each.at).toString())
            .put("action", RuleWords.action(each.action))
            .put("rule", each.rule)
            .put("executed", each.executed);
      }
      ArrayNode other = item.putArray("under_file");
      for (Counterfactual.Choice each : walk.choices()) {
        other
            .addObject()
            .put("at", Instant.ofEpochMilli(each.at()).toString())
            .put("action", RuleWords.action(each.action()))
            .put("rule", each.rule())
            .put("assumed", each.assumed());
      }
      if (!walk.note().isEmpty()) {
        item.put(CANNOT_KNOW, walk.note());
      }
    }
    node.put(CANNOT_KNOW, Limits.DIFFERENCES);
  }
}

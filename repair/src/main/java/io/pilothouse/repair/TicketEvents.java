package io.pilothouse.repair;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import io.pilothouse.kit.JsonText;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a ticket system is told, if there is one: kept on disk until it was. */
final class TicketEvents {
  private final Optional<Spool> spool;
  private final Clock clock;

  TicketEvents(Optional<Spool> spool, Clock clock) {
    this.spool = spool;
    this.clock = clock;
  }

  /**
   * @param opening 1, or more for a ticket that was closed, or another machine's, before
   */
  void opened(RepairTask task, String visit, int opening) throws IOException {
    Repair repair = task.getRepair();
    Machine machine = task.getMachine();
    Map<String, Object> ticket = new LinkedHashMap<>();
    ticket.put("repair", repair.getId());
    ticket.put("machine", repair.getMachine());
    ticket.put("action", "Replace");
    ticket.put("type", machine.getType());
    ticket.put("scale_unit", machine.getScaleUnit());
    ticket.put("rack", machine.getRack());
    ticket.put("switch", machine.getSwitch());
    ticket.put("model", machine.getModel());
    ticket.put("mac", machine.getMac());
    ticket.put("fault", repair.getFault());
    ticket.put("rule", repair.getRule());
    ticket.put("evidence", repair.getEvidenceList());
    ticket.put("visit", visit);
    ticket.put("when_done", "pilot machine replaced " + repair.getMachine());
    add(key(repair.getId(), "ticket.opened", opening), "ticket.opened", Map.of("ticket", ticket));
  }

  void closed(String repair, int opening) throws IOException {
    add(
        key(repair, "ticket.closed", opening),
        "ticket.closed",
        Map.of("ticket", Map.of("repair", repair, "outcome", "the repair is over")));
  }

  /** What is taken once: another opening is another event. */
  private static String key(String repair, String event, int opening) {
    return repair + "/" + event + (opening == 1 ? "" : "/" + opening);
  }

  /** A visit gained or lost tickets; without any it is over. */
  void visit(String visit, String rack, List<RepairTask> tasks) throws IOException {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("id", visit);
    described.put("rack", rack);
    described.put("state", tasks.isEmpty() ? "closed" : "open");
    described.put("repairs", tasks.stream().map(each -> each.getRepair().getId()).toList());
    described.put("machines", tasks.stream().map(each -> each.getRepair().getMachine()).toList());
    String members =
        Integer.toHexString(
            tasks.stream().map(each -> each.getRepair().getId()).toList().hashCode());
    add(
        "%s/visit.updated/%s".formatted(visit, tasks.isEmpty() ? "closed" : members),
        "visit.updated",
        Map.of("visit", described));
  }

  private void add(String key, String event, Map<String, ?> what) throws IOException {
    if (spool.isEmpty()) {
      return;
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("event", event);
    body.put("id", key);
    body.put("at", clock.instant());
    body.putAll(what);
    spool.get().add(key, JsonText.of(body));
  }
}

package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.offers.OfferCheck;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import io.pilothouse.manifests.text.Node;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a machine type sets aside for tasks of frameworks. */
final class OffersTable {
  private static final String EXAMPLE = "{cpus: 4, mem: 8GiB, ports: [31000-31999]}";
  private static final String AMOUNT = "[0-9]{1,7}([.][0-9]{1,3})?";
  private static final Shape<Long> SIZE = Units.size();
  private static final int DASH = '-';

  private OffersTable() {}

  static ObjectTable<OfferPolicy.Builder> table() {
    return ObjectTable.<OfferPolicy.Builder>of()
        .required(
            "resources",
            new Resources(),
            OfferPolicy.Builder::addAllResources,
            "So much of each machine: cpus, mem and disk (sizes), gpus, ports (ranges), and others"
                + " of one's own: amounts, ranges or sets of names.")
        .optional(
            "task-pids",
            Shapes.count(OfferCheck.LEAST_PIDS, OfferCheck.MOST_PIDS),
            OfferPolicy.Builder::setTaskPids,
            "Processes and threads that each task may have at most; default 4096.")
        .optional(
            "disk-not-enforced",
            Shapes.yes("disk-not-enforced"),
            OfferPolicy.Builder::setDiskNotEnforced,
            "Disk is but counted: a task that uses more than it has goes on. Without it such a"
                + " task is ended.")
        .optional(
            "pid-namespaces",
            Shapes.yes("pid-namespaces"),
            OfferPolicy.Builder::setPidNamespaces,
            "Tasks without an image have process ids of their own, where the machine permits it:"
                + " they see no others' processes. Without it they see all of the machine.")
        .optional(
            "delay",
            new Delay(),
            (offers, value) -> offers.setDelayMs(value.toMillis()),
            "How much longer a framework may keep a machine that is to be drained, by declining its"
                + " inverse offer, once, up to 24h; default: no longer.")
        .optional(
            "oversubscribe",
            Shapes.object(lent(), OfferPolicy::newBuilder),
            (offers, lent) -> offers.addAllOversubscribe(lent.getOversubscribeList()),
            "What tasks have and do not use is lent to frameworks that can do without it at any"
                + " time (revocable resources), at most so much; default: nothing is.")
        .optional(
            "images",
            paths(OfferCheck.IMAGES, "images", "a relative or absolute path without '..'"),
            OfferPolicy.Builder::addAllImages,
            "Directories with archives of images for containers, absolute or within what the"
                + " machine's manifest ships; default: tasks have no containers.")
        .optional(
            "host-paths",
            paths(OfferCheck.HOST_PATH, "/srv/data", "an absolute path without '..', but not /"),
            OfferPolicy.Builder::addAllHostPaths,
            "What of the machine tasks may have in their containers as volumes, each exactly as"
                + " it is written here, with :ro behind it to read alone; default: nothing.");
  }

  private static ObjectTable<OfferPolicy.Builder> lent() {
    return ObjectTable.<OfferPolicy.Builder>of()
        .required(
            "cpus",
            Units.cpus(),
            (offers, cpus) ->
                offers.addOversubscribeBuilder().setName("cpus").setMilli(Math.round(cpus * 1000)),
            "Processors, fractions allowed; no more than `resources` sets aside.");
  }

  private static Shape<List<String>> paths(String regex, String example, String expected) {
    return Shapes.list(Shapes.matching(regex, example, expected));
  }

  /** A duration, within bounds. */
  private static final class Delay implements Shape<Duration> {
    private static final Shape<Duration> ANY = Units.duration();

    @Override
    public Optional<Duration> read(Node node, Reading reading) {
      Optional<Duration> delay = ANY.read(node, reading);
      if (delay.filter(each -> each.compareTo(OfferCheck.LONGEST_DELAY) > 0).isEmpty()) {
        return delay;
      }
      reading.wrong(node, "a delay; write a duration up to 24h, such as 10m");
      return Optional.empty();
    }

    @Override
    public ObjectNode schema() {
      return ANY.schema();
    }

    @Override
    public String example() {
      return "10m";
    }
  }

  /** Names that are known, and the author's own. */
  private static final class Resources implements Shape<List<OfferedResource>> {

    @Override
    public Optional<List<OfferedResource>> read(Node node, Reading reading) {
      if (!(node instanceof Node.Mapping mapping)) {
        reading.wrong(node, "a mapping; write " + EXAMPLE);
        return Optional.empty();
      }
      List<OfferedResource> found = new ArrayList<>();
      Set<String> names = new TreeSet<>();
      for (Node.Entry entry : mapping.entries()) {
        String name = entry.key().text();
        if (!name.matches(OfferCheck.NAME)) {
          reading.wrong(
              entry.key(), "a resource; use 1 to 63 of a-z 0-9 _ -, a letter first, such as cpus");
        } else if (!names.add(name)) {
          reading.problem(
              entry.key().place(), "the resource " + Node.quote(name) + " is there twice");
        } else {
          resource(name, entry.value(), reading.at(name)).ifPresent(found::add);
        }
      }
      if (mapping.entries().isEmpty()) {
        reading.problem(
            mapping.place(), "it is empty, which offers nothing; leave offers out instead");
      } else if (found.size() > OfferCheck.MOST) {
        reading.problem(
            mapping.place(),
            "%d kinds of resources are too many: at most %d"
                .formatted(found.size(), OfferCheck.MOST));
      }
      found.sort(Comparator.comparing(OfferedResource::getName));
      return Optional.of(List.copyOf(found));
    }

    private static Optional<OfferedResource> resource(String name, Node node, Reading reading) {
      OfferedResource.Builder resource = OfferedResource.newBuilder().setName(name);
      switch (node) {
        case Node.Sequence list -> list(list, resource);
        case Node.Scalar scalar when name.equals("mem") || name.equals("disk") -> {
          Optional<Long> size = SIZE.read(node, reading);
          if (size.isEmpty()) {
            return Optional.empty(); // what is wrong was said
          }
          resource.setSizeBytes(size.get());
        }
        case Node.Scalar scalar when scalar.text().matches(AMOUNT) ->
            resource.setMilli(new BigDecimal(scalar.text()).movePointRight(3).longValueExact());
        case Node.Scalar scalar -> {}
        case Node.Mapping mapping -> {}
      }
      OfferPolicy alone = OfferPolicy.newBuilder().addResources(resource).build();
      if (!OfferCheck.problems(alone).isEmpty()) {
        reading.problem(node.place(), "%s; %s".formatted(node.words(), OfferCheck.expected(name)));
        return Optional.empty();
      }
      return Optional.of(resource.build());
    }

    /** Ranges when all look like one, else names. */
    private static void list(Node.Sequence list, OfferedResource.Builder resource) {
      List<String> texts = new ArrayList<>();
      for (Node item : list.items()) {
        texts.add(item instanceof Node.Scalar scalar ? scalar.text() : "");
      }
      boolean ranges = texts.stream().allMatch(each -> each.matches(OfferCheck.RANGE));
      for (String text : texts) {
        if (ranges) {
          int dash = text.indexOf(DASH);
          resource.addRanges(
              OfferedRange.newBuilder()
                  .setFirst(Long.parseLong(text.substring(0, dash)))
                  .setLast(Long.parseLong(text.substring(dash + 1))));
        } else {
          resource.addItems(text);
        }
      }
    }

    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
      schema.put("additionalProperties", false);
      ObjectNode properties = schema.putObject("properties");
      properties.set("cpus", said(number(0.001, "number"), "Processors, fractions allowed."));
      properties.set("mem", said(SIZE.schema(), "Memory, in whole MiB."));
      properties.set("disk", said(SIZE.schema(), "Room for sandboxes, in whole MiB."));
      properties.set("gpus", said(number(1, "integer"), "GPUs, whole ones."));
      properties.set("ports", said(listOf(OfferCheck.RANGE), "Ranges of TCP and UDP ports."));
      ObjectNode own = JsonNodeFactory.instance.objectNode();
      ArrayNode either = own.putArray("anyOf");
      either.add(number(0.001, "number"));
      either.add(listOf(OfferCheck.RANGE)).add(listOf(OfferCheck.ITEM));
      // in a schema, a pattern concerns named keys, too
      schema
          .putObject("patternProperties")
          .set("^(?!(cpus|gpus|mem|disk|ports)$)" + OfferCheck.NAME + "$", own);
      return schema;
    }

    private static ObjectNode said(ObjectNode schema, String description) {
      return schema.put("description", description);
    }

    private static ObjectNode number(double least, String type) {
      return JsonNodeFactory.instance
          .objectNode()
          .put("type", type)
          .put("minimum", least)
          .put("maximum", OfferCheck.MOST_MILLI / 1000);
    }

    private static ObjectNode listOf(String pattern) {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "array");
      schema.put("minItems", 1).put("uniqueItems", true);
      schema.putObject("items").put("type", "string").put("pattern", "^(" + pattern + ")$");
      return schema;
    }

    @Override
    public String example() {
      return EXAMPLE;
    }
  }
}

package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.offers.OfferCheck;
import io.pilothouse.manifests.offers.RoleCheck;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Units;
import io.pilothouse.manifests.text.Node;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Resources of many machines together, as roles have them: amounts and sizes by name.
 *
 * @param orNothing whether one may be 0
 */
record QuotaShape(boolean orNothing) implements Shape<List<OfferedResource>> {
  private static final String AMOUNT = "[0-9]{1,10}([.][0-9]{1,3})?";
  private static final long MOST = 1_000_000_000;
  private static final Shape<Long> SIZE = Units.size();

  @Override
  public Optional<List<OfferedResource>> read(Node node, Reading reading) {
    if (!(node instanceof Node.Mapping mapping)) {
      reading.wrong(node, "a mapping; write " + example());
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
      reading.problem(mapping.place(), "it is empty, which says nothing; leave it out instead");
    } else if (found.size() > OfferCheck.MOST) {
      reading.problem(
          mapping.place(),
          "%d kinds of resources are too many: at most %d"
              .formatted(found.size(), OfferCheck.MOST));
    }
    found.sort(Comparator.comparing(OfferedResource::getName));
    return Optional.of(List.copyOf(found));
  }

  private Optional<OfferedResource> resource(String name, Node node, Reading reading) {
    OfferedResource.Builder resource = OfferedResource.newBuilder().setName(name);
    String text = node instanceof Node.Scalar scalar ? scalar.text() : "";
    boolean isSize = name.equals("mem") || name.equals("disk");
    boolean isNumber = text.matches(AMOUNT);
    boolean isNothing = isNumber && new BigDecimal(text).signum() == 0;
    if (isSize && !isNothing) {
      Optional<Long> size = SIZE.read(node, reading);
      if (size.isEmpty()) {
        return Optional.empty(); // what is wrong was said
      }
      resource.setSizeBytes(size.get());
    } else if (isNumber) {
      resource.setMilli(new BigDecimal(text).movePointRight(3).longValueExact());
    }
    // what is not a number would pass as none of it
    Optional<String> problem =
        isSize || isNumber
            ? RoleCheck.problem(resource.build(), orNothing)
            : Optional.of(RoleCheck.expected(name, orNothing));
    problem.ifPresent(why -> reading.problem(node.place(), node.words() + "; " + why));
    return problem.isEmpty() ? Optional.of(resource.build()) : Optional.empty();
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    schema.put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    properties.set("cpus", number("number").put("description", "Processors, fractions allowed."));
    properties.set("mem", size().put("description", "Memory, in whole MiB."));
    properties.set("disk", size().put("description", "Room for sandboxes, in whole MiB."));
    properties.set("gpus", number("integer").put("description", "GPUs, whole ones."));
    // in a schema, a pattern concerns named keys, too
    schema
        .putObject("patternProperties")
        .set("^(?!(cpus|gpus|mem|disk|ports)$)" + OfferCheck.NAME + "$", number("number"));
    return schema;
  }

  private ObjectNode number(String type) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", type);
    if (orNothing) {
      schema.put("minimum", 0);
    } else {
      schema.put("exclusiveMinimum", 0);
    }
    return schema.put("maximum", MOST);
  }

  private ObjectNode size() {
    if (!orNothing) {
      return SIZE.schema();
    }
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    ArrayNode either = schema.putArray("anyOf");
    either.add(SIZE.schema());
    either.addObject().put("const", 0);
    return schema;
  }

  @Override
  public String example() {
    return "{cpus: 40, mem: 128GiB}";
  }
}

package io.pilothouse.scheduler.core;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.AgentHoldings;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.KeptOperation;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.ResourceCheck;
import io.pilothouse.scheduler.wire.Conversion;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What operations have made of an agent's resources, as it is written down.
 *
 * @param held all that is reserved
 * @param volumes for each volume of it, which it is
 * @param operations done, and not acknowledged by their frameworks
 */
record Holdings(Resources held, List<AgentVolume> volumes, List<KeptOperation> operations) {
  static final Holdings NONE = new Holdings(Resources.NONE, List.of(), List.of());

  Holdings {
    volumes = List.copyOf(volumes);
    operations = List.copyOf(operations);
  }

  /**
   * As it was written down.
   *
   * @throws IllegalArgumentException when it is damaged
   */
  static Holdings parse(ByteString bytes) {
    try {
      AgentHoldings message = AgentHoldings.parseFrom(bytes);
      Optional<String> objection = ResourceCheck.objection(message.getResourcesList());
      if (objection.isPresent()) {
        throw new IllegalArgumentException(objection.get());
      }
      return new Holdings(
          ResourceForm.read(message.getResourcesList()),
          message.getVolumesList(),
          message.getOperationsList());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  ByteString bytes() {
    return AgentHoldings.newBuilder()
        .addAllResources(ResourceForm.FULL.write(held, ""))
        .addAllVolumes(volumes)
        .addAllOperations(operations)
        .build()
        .toByteString();
  }

  /**
   * After an operation.
   *
   * @param instances gives each volume that is made a name of its own
   */
  Holdings after(Conversion conversion, Supplier<String> instances) {
    return having(
        held.minus(Reserved.of(conversion.consumed())).plus(Reserved.of(conversion.produced())),
        volumes,
        instances);
  }

  /**
   * With what tasks use, and this has forgotten: it may be of a backup.
   *
   * @param told volumes as the agent was told of them
   */
  Holdings recovering(Resources used, List<AgentVolume> told, Supplier<String> instances) {
    List<AgentVolume> known = new ArrayList<>(told);
    known.addAll(volumes); // its own go before them
    return having(held.plus(toWrite(used.once())), known, instances);
  }

  /** One task that only reads a volume makes it none that nobody may write. */
  private static Resources toWrite(Resources used) {
    List<Resource> all = new ArrayList<>();
    for (Resource each : ResourceForm.FULL.write(used, "")) {
      Resource.Builder resource = each.toBuilder();
      if (each.getDisk().getVolume().getMode() == Volume.Mode.RO) {
        resource.getDiskBuilder().getVolumeBuilder().setMode(Volume.Mode.RW);
      }
      all.add(resource.build());
    }
    return ResourceForm.read(all);
  }

  private Holdings having(Resources then, List<AgentVolume> known, Supplier<String> instances) {
    Map<List<String>, AgentVolume> was = byName(known);
    // one that was destroyed is gone, even if another of its name is made
    List<AgentVolume> are = new ArrayList<>();
    for (Entry entry : then) {
      if (entry.kind().disk().filter(disk -> disk.isVolume()).isEmpty()) {
        continue;
      }
      AgentVolume before = was.get(key(entry.kind()));
      are.add(before != null ? before : volume(entry.kind(), instances.get()));
    }
    return new Holdings(then, are, operations);
  }

  private static AgentVolume volume(Kind kind, String instance) {
    return AgentVolume.newBuilder()
        .setRole(kind.role().orElse(""))
        .setId(kind.disk().orElseThrow().volume())
        .setInstance(instance)
        .build();
  }

  /** Persistence ids are unique in a role. */
  private static Map<List<String>, AgentVolume> byName(List<AgentVolume> volumes) {
    Map<List<String>, AgentVolume> all = new LinkedHashMap<>();
    volumes.forEach(each -> all.put(key(each.getRole(), each.getId()), each));
    return all;
  }

  private static List<String> key(Kind volume) {
    return key(volume.role().orElse(""), volume.disk().orElseThrow().volume());
  }

  private static List<String> key(String role, String id) {
    return List.of(role, id);
  }

  Holdings with(KeptOperation operation) {
    List<KeptOperation> all = new ArrayList<>(operations);
    all.add(operation);
    return new Holdings(held, volumes, all);
  }

  Holdings without(Predicate<KeptOperation> which) {
    return new Holdings(held, volumes, operations.stream().filter(which.negate()).toList());
  }
}

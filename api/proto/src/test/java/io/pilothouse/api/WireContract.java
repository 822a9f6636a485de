package io.pilothouse.api;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import io.pilothouse.api.log.v1.LogProto;
import io.pilothouse.api.log.v1.RecordProto;
import io.pilothouse.api.log.v1.ReplicaProto;
import io.pilothouse.api.v1.MachineProto;
import io.pilothouse.api.v1.ModelProto;
import io.pilothouse.api.v1.OperatorProto;
import io.pilothouse.api.v1.ReplicasProto;
import io.pilothouse.api.v1.SatelliteProto;
import io.pilothouse.api.v1.WatchdogProto;
import io.pilothouse.mesos.v1.BasicsProto;
import io.pilothouse.mesos.v1.ContainersProto;
import io.pilothouse.mesos.v1.MesosProto;
import io.pilothouse.mesos.v1.agent.AgentProto;
import io.pilothouse.mesos.v1.allocator.AllocatorProto;
import io.pilothouse.mesos.v1.executor.ExecutorProto;
import io.pilothouse.mesos.v1.maintenance.MaintenanceProto;
import io.pilothouse.mesos.v1.master.MasterProto;
import io.pilothouse.mesos.v1.quota.QuotaProto;
import io.pilothouse.mesos.v1.scheduler.SchedulerProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether a set of protos still means what an older one meant: each field keeps its number, type
 * and name (JSON over HTTP goes by names) or is reserved, and so do enum values and methods.
 */
final class WireContract {

  private final List<String> breaches = new ArrayList<>();

  private WireContract() {}

  /** The protos of this build. */
  static FileDescriptorSet ofThisBuild() {
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    Stream.of(
            LogProto.getDescriptor(),
            RecordProto.getDescriptor(),
            ReplicaProto.getDescriptor(),
            ModelProto.getDescriptor(),
            MachineProto.getDescriptor(),
            OperatorProto.getDescriptor(),
            ReplicasProto.getDescriptor(),
            SatelliteProto.getDescriptor(),
            WatchdogProto.getDescriptor(),
            BasicsProto.getDescriptor(),
            ContainersProto.getDescriptor(),
            MesosProto.getDescriptor(),
            SchedulerProto.getDescriptor(),
            ExecutorProto.getDescriptor(),
            AllocatorProto.getDescriptor(),
            QuotaProto.getDescriptor(),
            MaintenanceProto.getDescriptor(),
            MasterProto.getDescriptor(),
            AgentProto.getDescriptor())
        .forEach(file -> set.addFile(file.toProto()));
    return set.build();
  }

  /** What of {@code older} the newer set has changed or dropped, a sentence each. */
  static List<String> breaches(FileDescriptorSet older, FileDescriptorSet newer) {
    WireContract contract = new WireContract();
    contract.messages(messages(older), messages(newer));
    contract.enums(enums(older), enums(newer));
    contract.methods(methods(older), methods(newer));
    return List.copyOf(contract.breaches);
  }

  private void messages(Map<String, DescriptorProto> older, Map<String, DescriptorProto> newer) {
    older.forEach(
        (name, message) -> {
          DescriptorProto now = newer.get(name);
          if (now == null) {
            breaches.add("message " + name + " is gone");
          } else {
            message.getFieldList().forEach(field -> field(name, message, field, now));
          }
        });
  }

  private void field(
      String message, DescriptorProto before, FieldDescriptorProto field, DescriptorProto now) {
    String what = "%s.%s = %d".formatted(message, field.getName(), field.getNumber());
    FieldDescriptorProto same =
        now.getFieldList().stream()
            .filter(each -> each.getNumber() == field.getNumber())
            .findFirst()
            .orElse(null);
    if (same == null) {
      boolean reserved =
          now.getReservedRangeList().stream()
              .anyMatch(
                  range ->
                      range.getStart() <= field.getNumber() && field.getNumber() < range.getEnd());
      if (!reserved || !now.getReservedNameList().contains(field.getName())) {
        breaches.add(what + " is gone; reserve its number and name");
      }
      return;
    }
    String was = shape(before, field);
    String is = shape(now, same);
    if (!was.equals(is)) {
      breaches.add("%s was %s and is %s".formatted(what, was, is));
    }
  }

  private static String shape(DescriptorProto message, FieldDescriptorProto field) {
    String oneof =
        field.hasOneofIndex() && !field.getProto3Optional()
            ? " of oneof " + message.getOneofDecl(field.getOneofIndex()).getName()
            : "";
    return "%s %s %s%s%s"
        .formatted(
            field.getLabel(),
            field.getTypeName().isEmpty() ? field.getType() : field.getTypeName(),
            field.getName(),
            oneof,
            field.getProto3Optional() ? " that may be absent" : "");
  }

  private void enums(
      Map<String, EnumDescriptorProto> older, Map<String, EnumDescriptorProto> newer) {
    older.forEach(
        (name, before) -> {
          EnumDescriptorProto now = newer.get(name);
          if (now == null) {
            breaches.add("enum " + name + " is gone");
            return;
          }
          Map<Integer, String> values = values(now);
          values(before)
              .forEach(
                  (number, value) -> {
                    boolean reserved =
                        now.getReservedRangeList().stream()
                            .anyMatch(
                                range -> range.getStart() <= number && number <= range.getEnd());
                    if (!value.equals(values.get(number)) && !reserved) {
                      breaches.add(
                          "%s.%s = %d is %s"
                              .formatted(name, value, number, values.getOrDefault(number, "gone")));
                    }
                  });
        });
  }

  private static Map<Integer, String> values(EnumDescriptorProto of) {
    return of.getValueList().stream()
        .collect(
            Collectors.toMap(
                EnumValueDescriptorProto::getNumber,
                EnumValueDescriptorProto::getName,
                (first, alias) -> first,
                TreeMap::new));
  }

  private void methods(
      Map<String, MethodDescriptorProto> older, Map<String, MethodDescriptorProto> newer) {
    older.forEach(
        (name, before) -> {
          MethodDescriptorProto now = newer.get(name);
          if (now == null) {
            breaches.add("call " + name + " is gone");
          } else if (!before.equals(now)) {
            breaches.add("call %s was %s and is %s".formatted(name, line(before), line(now)));
          }
        });
  }

  private static String line(MethodDescriptorProto method) {
    return method.toString().replace('\n', ' ').strip();
  }

  private static Map<String, DescriptorProto> messages(FileDescriptorSet set) {
    Map<String, DescriptorProto> found = new TreeMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      file.getMessageTypeList().forEach(each -> nested(file.getPackage(), each, found));
    }
    return found;
  }

  private static void nested(
      String within, DescriptorProto message, Map<String, DescriptorProto> found) {
    String name = within + "." + message.getName();
    found.put(name, message);
    message.getNestedTypeList().forEach(each -> nested(name, each, found));
  }

  private static Map<String, EnumDescriptorProto> enums(FileDescriptorSet set) {
    Map<String, EnumDescriptorProto> found = new TreeMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      file.getEnumTypeList()
          .forEach(each -> found.put(file.getPackage() + "." + each.getName(), each));
    }
    messages(set)
        .forEach(
            (name, message) ->
                message
                    .getEnumTypeList()
                    .forEach(each -> found.put(name + "." + each.getName(), each)));
    return found;
  }

  private static Map<String, MethodDescriptorProto> methods(FileDescriptorSet set) {
    Map<String, MethodDescriptorProto> found = new TreeMap<>();
    for (FileDescriptorProto file : set.getFileList()) {
      for (ServiceDescriptorProto service : file.getServiceList()) {
        service
            .getMethodList()
            .forEach(
                each ->
                    found.put(
                        "%s.%s/%s".formatted(file.getPackage(), service.getName(), each.getName()),
                        each));
      }
    }
    return found;
  }
}

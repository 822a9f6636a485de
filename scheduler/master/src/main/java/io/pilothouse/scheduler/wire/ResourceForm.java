package io.pilothouse.scheduler.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Resource.DiskInfo;
import io.pilothouse.mesos.v1.Resource.ReservationInfo;
import io.pilothouse.mesos.v1.ResourceProviderID;
import io.pilothouse.scheduler.allocator.resources.Disk;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Ranges;
import io.pilothouse.scheduler.allocator.resources.Reservation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Resources between Mesos' messages, which are taken in either of their two formats, and the
 * allocator's.
 *
 * @param refined reservations as a stack; else the older format, with a role and "*" for nobody
 * @param roles says of each which role it is allocated to
 */
@SuppressWarnings("deprecation") // Resource.role is half of the older format
public record ResourceForm(boolean refined, boolean roles) {
  /** As the operator API shows them. */
  public static final ResourceForm FULL = new ResourceForm(true, true);

  private static final double MILLI = 1000.0;

  /** The messages have been checked; amounts are rounded to thousandths. */
  public static Resources read(List<Resource> messages) {
    List<Entry> entries = new ArrayList<>(messages.size());
    for (Resource message : messages) {
      entries.add(new Entry(kind(message), value(message)));
    }
    return Resources.of(entries);
  }

  /** All that tells it from other resources of the machine. */
  public static Kind kind(Resource message) {
    Kind kind = Kind.of(message.getName());
    List<Reservation> stack = new ArrayList<>();
    for (ReservationInfo each : message.getReservationsList()) {
      stack.add(
          new Reservation(
              each.getRole(), each.getType() == ReservationInfo.Type.DYNAMIC, details(each)));
    }
    if (stack.isEmpty() && !message.getRole().equals("*")) {
      stack.add(
          new Reservation(
              message.getRole(), message.hasReservation(), details(message.getReservation())));
    }
    if (!stack.isEmpty()) {
      kind = kind.reserved(stack);
    }
    if (message.hasDisk() && message.getDisk().getSerializedSize() > 0) {
      kind = kind.on(disk(message.getDisk()));
    }
    if (message.hasShared()) {
      kind = kind.share();
    }
    if (message.hasRevocable()) {
      kind = kind.revoke();
    }
    return message.hasProviderId() ? kind.from(message.getProviderId().getValue()) : kind;
  }

  private static String details(ReservationInfo reservation) {
    return text(reservation.toBuilder().clearType().clearRole().build());
  }

  private static Disk disk(DiskInfo disk) {
    boolean whole =
        disk.hasSource()
            && switch (disk.getSource().getType()) {
              case MOUNT, BLOCK, RAW -> true;
              case PATH, UNKNOWN -> false;
            };
    return new Disk(
        disk.hasSource() ? text(disk.getSource()) : "",
        whole,
        disk.getPersistence().getId(),
        text(disk));
  }

  private static Value value(Resource message) {
    return switch (message.getType()) {
      case SCALAR -> new Value.Scalar(Math.round(message.getScalar().getValue() * MILLI));
      case RANGES ->
          Ranges.of(
              message.getRanges().getRangeList().stream()
                  .map(range -> new Ranges.Range(range.getBegin(), range.getEnd()))
                  .toList());
      case SET -> Value.Items.of(message.getSet().getItemList());
      case TEXT -> throw new IllegalArgumentException("a resource has no text: " + message);
    };
  }

  /** One message for each kind. */
  public List<Resource> write(Resources resources, String allocatedTo) {
    List<Resource> messages = new ArrayList<>(resources.size());
    for (Entry entry : resources) {
      Resource message = message(entry, allocatedTo);
      for (int i = 0; i < entry.copies(); i++) {
        messages.add(message);
      }
    }
    return messages;
  }

  private Resource message(Entry entry, String allocatedTo) {
    Kind kind = entry.kind();
    Resource.Builder message = Resource.newBuilder().setName(kind.name());
    setValue(message, entry.value());
    setReservations(message, kind.reservations());
    if (roles && !allocatedTo.isEmpty()) {
      message.setAllocationInfo(Resource.AllocationInfo.newBuilder().setRole(allocatedTo));
    }
    kind.disk().ifPresent(disk -> message.setDisk(diskInfo(disk)));
    if (kind.isShared()) {
      message.setShared(Resource.SharedInfo.getDefaultInstance());
    }
    if (kind.isRevocable()) {
      message.setRevocable(Resource.RevocableInfo.getDefaultInstance());
    }
    if (!kind.provider().isEmpty()) {
      message.setProviderId(ResourceProviderID.newBuilder().setValue(kind.provider()));
    }
    return message.build();
  }

  private static void setValue(Resource.Builder message, Value value) {
    switch (value) {
      case Value.Scalar scalar ->
          message
              .setType(io.pilothouse.mesos.v1.Value.Type.SCALAR)
              .getScalarBuilder()
              .setValue(scalar.milli() / MILLI);
      case Value.Items items ->
          message
              .setType(io.pilothouse.mesos.v1.Value.Type.SET)
              .getSetBuilder()
              .addAllItem(items.words());
      case Ranges ranges -> {
        message.setType(io.pilothouse.mesos.v1.Value.Type.RANGES);
        for (Ranges.Range each : ranges.ranges()) {
          message.getRangesBuilder().addRangeBuilder().setBegin(each.first()).setEnd(each.last());
        }
      }
    }
  }

  private void setReservations(Resource.Builder message, List<Reservation> stack) {
    if (refined) {
      for (Reservation each : stack) {
        message.addReservations(
            info(each)
                .setRole(each.role())
                .setType(
                    each.dynamic() ? ReservationInfo.Type.DYNAMIC : ReservationInfo.Type.STATIC));
      }
    } else if (stack.isEmpty()) {
      message.setRole("*");
    } else {
      Reservation last = stack.get(stack.size() - 1);
      message.setRole(last.role());
      if (last.dynamic()) {
        message.setReservation(info(last));
      }
    }
  }

  private static ReservationInfo.Builder info(Reservation reservation) {
    try {
      return ReservationInfo.newBuilder().mergeFrom(bytes(reservation.details()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("details that were not made here: " + reservation, e);
    }
  }

  private static DiskInfo diskInfo(Disk disk) {
    try {
      return DiskInfo.parseFrom(bytes(disk.details()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("details that were not made here: " + disk, e);
    }
  }

  private static String text(MessageLite message) {
    return Base64.getEncoder().encodeToString(message.toByteArray());
  }

  private static byte[] bytes(String text) {
    return Base64.getDecoder().decode(text);
  }
}

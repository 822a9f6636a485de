package io.pilothouse.scheduler.allocator.resources;

/**
 * Who a resource is kept for. Those of one resource form a stack: each refines the one below it to
 * a sub-role, and the last one says who may be offered it.
 *
 * @param dynamic made by a framework or an operator, not by the machine's configuration
 * @param details principal and labels as one text: they tell reservations apart, nothing else
 */
public record Reservation(String role, boolean dynamic, String details) {
  public Reservation {
    if (role.isEmpty() || role.equals("*")) {
      throw new IllegalArgumentException(
          "reservation for role '%s': expected a role; what is reserved for none has no reservation"
              .formatted(role));
    }
  }

  public static Reservation configured(String role) {
    return new Reservation(role, false, "");
  }

  public static Reservation dynamic(String role) {
    return new Reservation(role, true, "");
  }
}

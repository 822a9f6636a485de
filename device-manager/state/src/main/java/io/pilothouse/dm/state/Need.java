package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AccessRole;
import java.util.List;

/** What a call or a command asks of its principal: one of some roles. */
public enum Need {
  /** Looks and changes nothing. */
  READ,
  OPERATE,
  /** A person's word on what waits for one. */
  APPROVE,
  /** Versions of a machine type; of which is in the command. */
  ENGINEER,
  /** Reports of a watchdog that is not the machines' own. */
  REPORT,
  SATELLITE,
  MACHINE;

  /** Any of these is enough. */
  List<AccessRole> roles() {
    return switch (this) {
      case READ ->
          List.of(
              AccessRole.ROLE_VIEWER,
              AccessRole.ROLE_OPERATOR,
              AccessRole.ROLE_APPROVER,
              AccessRole.ROLE_ENGINEER,
              AccessRole.ROLE_SATELLITE,
              AccessRole.ROLE_FRAMEWORK);
      case OPERATE -> List.of(AccessRole.ROLE_OPERATOR);
      case APPROVE -> List.of(AccessRole.ROLE_APPROVER);
      case ENGINEER -> List.of(AccessRole.ROLE_OPERATOR, AccessRole.ROLE_ENGINEER);
      case REPORT ->
          List.of(
              AccessRole.ROLE_WATCHDOG,
              AccessRole.ROLE_OPERATOR,
              AccessRole.ROLE_MACHINE,
              AccessRole.ROLE_SATELLITE);
      case SATELLITE -> List.of(AccessRole.ROLE_SATELLITE);
      case MACHINE -> List.of(AccessRole.ROLE_MACHINE);
    };
  }

  /** The one to ask for: the least that a principal of this kind can have. */
  AccessRole least(String kind) {
    return switch (this) {
      case READ ->
          switch (kind) {
            case "satellite" -> AccessRole.ROLE_SATELLITE;
            case "framework" -> AccessRole.ROLE_FRAMEWORK;
            default -> AccessRole.ROLE_VIEWER;
          };
      case REPORT ->
          switch (kind) {
            case "satellite" -> AccessRole.ROLE_SATELLITE;
            case "machine" -> AccessRole.ROLE_MACHINE;
            default -> AccessRole.ROLE_WATCHDOG;
          };
      case OPERATE, ENGINEER -> AccessRole.ROLE_OPERATOR;
      case APPROVE -> AccessRole.ROLE_APPROVER;
      case SATELLITE -> AccessRole.ROLE_SATELLITE;
      case MACHINE -> AccessRole.ROLE_MACHINE;
    };
  }
}

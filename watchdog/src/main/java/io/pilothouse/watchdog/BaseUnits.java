package io.pilothouse.watchdog;

/**
 * Brings a plugin's units of measurement to base units, so that a counter means the same whichever
 * plugin measured it. {@code KB} is 1024 bytes, as the monitoring plugins mean it; {@code kB} would
 * be 1000 by the letter and is written by nobody who means that.
 */
final class BaseUnits {
  private BaseUnits() {}

  static PerfData of(PerfData given) {
    return switch (given.unit()) {
      case "s" -> in(given, 1, "seconds");
      case "ms" -> in(given, 1e-3, "seconds");
      case "us" -> in(given, 1e-6, "seconds");
      case "ns" -> in(given, 1e-9, "seconds");
      case "%" -> in(given, 1e-2, "ratio");
      case "B", "b" -> in(given, 1, "bytes");
      case "KB", "kB", "KiB" -> in(given, 0x1p10, "bytes");
      case "MB", "MiB" -> in(given, 0x1p20, "bytes");
      case "GB", "GiB" -> in(given, 0x1p30, "bytes");
      case "TB", "TiB" -> in(given, 0x1p40, "bytes");
      case "PB", "PiB" -> in(given, 0x1p50, "bytes");
      case "c" -> in(given, 1, "total");
      default -> given; // none, or one that is not known: as it is
    };
  }

  private static PerfData in(PerfData given, double factor, String unit) {
    return new PerfData(given.label(), given.value() * factor, unit);
  }
}

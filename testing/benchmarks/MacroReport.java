import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Tables in Markdown, and a chart as SVG. */
final class MacroReport {
  private static final List<String> COLOURS = List.of("#4c78a8", "#f58518", "#54a24b", "#b279a2");
  private static final int WIDTH = 760;
  private static final int PANEL = 170;
  private static final int LEFT = 50;
  private static final int TOP = 40;
  private static final int GAP = 50;

  private final MacroRun.Result apart;
  private final MacroRun.Result shared;

  MacroReport(MacroRun.Result apart, MacroRun.Result shared) {
    this.apart = apart;
    this.shared = shared;
  }

  String tables() {
    StringBuilder text = new StringBuilder();
    text.append(
        "| framework | jobs | median time of a job: quarters, shared | sum of times: quarters, shared"
            + " | speed-up (of the sums) | of the medians: waiting | tasks or jobs run again |\n"
            + "|---|---|---|---|---|---|---|\n");
    for (String name : List.of("small", "large", "mpi")) {
      text.append(
          line(
              "| %s | %d | %.1f, %.1f s | %.0f, %.0f s | %.2f | %.1f, %.1f s | %d, %d%s |\n",
              name,
              jobs(apart, name).size(),
              median(apart, name, MacroRun.Done::took),
              median(shared, name, MacroRun.Done::took),
              sum(apart, name),
              sum(shared, name),
              sum(apart, name) / sum(shared, name),
              median(apart, name, MacroRun.Done::waited),
              median(shared, name, MacroRun.Done::waited),
              jobs(apart, name).stream().mapToInt(MacroRun.Done::again).sum(),
              jobs(shared, name).stream().mapToInt(MacroRun.Done::again).sum(),
              failed(name)));
    }
    text.append(
        "\n| web | requests | failed | p50, p99 | p50, p99 with the most users |\n"
            + "|---|---|---|---|---|\n");
    for (MacroRun.Result each : List.of(apart, shared)) {
      text.append(
          line(
              "| %s | %d | %d | %.0f, %.0f ms | %.0f, %.0f ms |\n",
              each.name(),
              each.answers().length,
              each.failed(),
              at(each.answers(), 0.5),
              at(each.answers(), 0.99),
              at(each.peak(), 0.5),
              at(each.peak(), 0.99)));
    }
    text.append(
        line(
            "\n| processors in use, mean of %d s, of %d | small | large | mpi | web | all"
                + " | all jobs done after | load average at the end |\n"
                + "|---|---|---|---|---|---|---|---|\n",
            MacroBench.WINDOW_S, MacroBench.CPUS));
    for (MacroRun.Result each : List.of(apart, shared)) {
      double[] mean = each.mean();
      double all = Arrays.stream(mean).sum();
      text.append(
          line(
              "| %s | %.1f | %.1f | %.1f | %.1f | %.1f (%.0f %%) | %.0f s | %s |\n",
              each.name(),
              mean[0],
              mean[1],
              mean[2],
              mean[3],
              all,
              100 * all / MacroBench.CPUS,
              each.took(),
              each.load()));
    }
    return text.toString();
  }

  private String failed(String name) {
    long count =
        jobs(apart, name).stream().filter(MacroRun.Done::failed).count()
            + jobs(shared, name).stream().filter(MacroRun.Done::failed).count();
    return count == 0 ? "" : "; " + count + " jobs FAILED";
  }

  private static List<MacroRun.Done> jobs(MacroRun.Result of, String name) {
    return of.jobs().get(name);
  }

  private static double median(
      MacroRun.Result of, String name, ToDoubleFunction<MacroRun.Done> what) {
    return at(jobs(of, name).stream().mapToDouble(what).sorted().toArray(), 0.5);
  }

  private static double sum(MacroRun.Result of, String name) {
    return jobs(of, name).stream().mapToDouble(MacroRun.Done::took).sum();
  }

  private static double at(double[] sorted, double part) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (sorted.length * part))];
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** Two panels, one above the other, on the same axes. */
  String chart() {
    double end = Math.max(last(apart), last(shared));
    StringBuilder svg = new StringBuilder();
    svg.append(
        line(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\">\n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            LEFT + WIDTH + 20, TOP + 2 * PANEL + GAP + 40));
    int x = LEFT;
    for (int i = 0; i < MacroBench.NAMES.size(); i++) {
      svg.append(
          line(
              "<rect x=\"%d\" y=\"8\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                  + "<text x=\"%d\" y=\"18\">%s</text>\n",
              x, COLOURS.get(i), x + 17, MacroBench.NAMES.get(i)));
      x += 80;
    }
    panel(svg, apart, "a quarter each", TOP, end);
    panel(svg, shared, "shared", TOP + PANEL + GAP, end);
    return svg.append("</svg>\n").toString();
  }

  private static double last(MacroRun.Result of) {
    return of.samples().getLast().at();
  }

  private static void panel(
      StringBuilder svg, MacroRun.Result run, String title, int top, double end) {
    double[] below = new double[run.samples().size()];
    for (int i = 0; i < MacroBench.NAMES.size(); i++) {
      List<String> points = new ArrayList<>();
      List<String> back = new ArrayList<>();
      for (int at = 0; at < below.length; at++) {
        MacroRun.Sample sample = run.samples().get(at);
        back.add(point(sample.at() / end, below[at], top));
        below[at] += sample.cpus()[i];
        points.add(point(sample.at() / end, below[at], top));
      }
      points.addAll(back.reversed());
      svg.append(
          line(
              "<polygon fill=\"%s\" points=\"%s\"/>\n", COLOURS.get(i), String.join(" ", points)));
    }
    for (int cpus = 0; cpus <= MacroBench.CPUS; cpus += 12) {
      double y = top + PANEL - PANEL * cpus / (double) MacroBench.CPUS;
      svg.append(
          line(
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#888\" stroke-width=\"0.5\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n",
              LEFT, LEFT + WIDTH, y, y, LEFT - 6, y + 4, cpus));
    }
    for (int second = 0; second <= end; second += 30) {
      double x = LEFT + WIDTH * second / end;
      svg.append(
          line(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d s</text>\n",
              x, top + PANEL + 16, second));
    }
    svg.append(
        line(
            "<text x=\"%d\" y=\"%d\">processors that tasks have, %s</text>\n",
            LEFT, top - 6, title));
  }

  private static String point(double part, double cpus, int top) {
    return line(
        "%.1f,%.1f", LEFT + WIDTH * part, top + PANEL - PANEL * cpus / (double) MacroBench.CPUS);
  }
}

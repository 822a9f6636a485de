package io.pilothouse.scheduler.allocator.sorter;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Who is next by dominant share, step by step. The cases are those that Mesos' sorter was held to.
 *
 * <p>{@code T100/50}: the totals become 100 cpus and 50 mem · {@code a+5}: client a (new: active at
 * once) gets 5 cpus and 5 mem · {@code a+3/1}: 3 and 1 · {@code a-4}: gives back · {@code a:4>1}:
 * its 4 become 1 by an operation · {@code new:a}: comes with nothing · {@code rm:a} {@code off:a}
 * {@code on:a} · {@code w(a)=2}: its weight · {@code p(a)=1}: its priority · after {@code =>} the
 * order that must be.
 */
class ShareOrderTest {
  private static final Map<String, String> CASES = new LinkedHashMap<>();

  static {
    CASES.put(
        "DRF",
        """
        T100/100                      =>
        a+5 b+6                       => a b
        c+1 d+3/1                     => c d a b
        rm:a b-4                      => c b d
        e+1/5 T50/100                 => c b e d
        T50/200 f+5/1 c+0/15          => e b d c f
        off:d                         => e b c f
        on:d                          => e b d c f
        """);
    CASES.put("UpdateWeight", "T100/100 a+5 b+6 => a b\n w(b)=2 => b a");
    CASES.put(
        "AllocationCountTieBreak",
        """
        T100/100 a+3 b+3 c+1 c+1 c+1 d+2 d+1 e+3 => a b e d c
        c-3           => c a b e d
        c+3           => a b e d c
        off:c on:c    => a b e d c
        c-3 c+3       => a b e d c
        off:a a-1/3 a+1/3 => b e d c
        on:a          => b e a d c
        """);
    CASES.put(
        "ShallowHierarchy",
        """
        T100/100                      =>
        a/a+5 b/b+6                   => a/a b/b
        c/c+1 d/d+3/1                 => c/c d/d a/a b/b
        rm:a/a b/b-4                  => c/c b/b d/d
        e/e+1/5 T50/100               => c/c b/b e/e d/d
        T50/200 f/f+5/1 c/c+0/15      => e/e b/b d/d c/c f/f
        off:d/d                       => e/e b/b c/c f/f
        on:d/d                        => e/e b/b d/d c/c f/f
        """);
    CASES.put(
        "DeepHierarchy",
        """
        T100/100                         =>
        a/a/a/a/a+5 b/b/b/b+6            => a/a/a/a/a b/b/b/b
        c/c/c+1 d/d+3/1                  => c/c/c d/d a/a/a/a/a b/b/b/b
        rm:a/a/a/a/a b/b/b/b-4           => c/c/c b/b/b/b d/d
        e/e/e/e/e/e+1/5 T50/100          => c/c/c b/b/b/b e/e/e/e/e/e d/d
        T50/200 f/f+5/1 c/c/c+0/15       => e/e/e/e/e/e b/b/b/b d/d c/c/c f/f
        off:d/d                          => e/e/e/e/e/e b/b/b/b c/c/c f/f
        on:d/d                           => e/e/e/e/e/e b/b/b/b d/d c/c/c f/f
        """);
    CASES.put(
        "HierarchicalAllocation",
        """
        T100/100 new:a new:b/c new:b/d => a b/c b/d
        a+6            => b/c b/d a
        b/c+4 b/d+3    => a b/d b/c
        a+2            => b/d b/c a
        new:b/e/f      => b/e/f b/d b/c a
        b/e/f+3.5      => a b/d b/e/f b/c
        rm:b/e/f       => b/d b/c a
        b/c:4>1        => b/c b/d a
        b/e/f+3.5      => b/c b/d b/e/f a
        """);
    CASES.put(
        "HierarchicalIterationOrder",
        """
        T100/100 new:a/b new:c new:d new:d/e => a/b c d d/e
        c+8            => a/b d d/e c
        d+3 d/e+2      => a/b d/e d c
        a/b+6          => d/e d a/b c
        """);
    CASES.put(
        "AddChildToLeaf",
        """
        T100/100 a+10 b+6 => b a
        a/c+5          => b a/c a
        rm:a           => a/c b
        a+10           => b a/c a
        w(a/c)=0.2     => b a a/c
        w(a)=3         => a a/c b
        w(a/c)=1       => a/c a b
        """);
    CASES.put("AddChildToInactiveLeaf", "T100/100 a+10 b+6 off:a => b\n a/c+5 => b a/c");
    CASES.put("RemoveLeafCollapseParent", "T100/100 a+10 b+6 a/c+5 rm:a/c => b a");
    CASES.put("RemoveLeafCollapseParentInactive", "T100/100 a+10 b+6 a/c+5 off:a rm:a/c => b");
    CASES.put("RemoveResources", "T10/0 a+6/0 b+4/0 => b a\n T5/0 a:6/0>1/0 => a b");
    CASES.put(
        "a role does not get more for its sub-roles",
        "T100/100 a/x+5 a/y+5 b+9 new:a/z => b a/z a/x a/y");
    CASES.put(
        "higher priorities come first",
        """
        T100/100 a+1 b+9 c+5 p(b)=1 => b a c
        p(c)=2                      => c b a
        p(b)=0                      => c a b
        d/x+1 d/y+2 p(d/y)=1        => c a d/y d/x b
        """);
    CASES.put("weights set before their role comes", "T100/100 w(b)=2 a+5 b+6 => b a");
  }

  @TestFactory
  Stream<DynamicTest> ordersAreThese() {
    return CASES.entrySet().stream()
        .map(c -> DynamicTest.dynamicTest(c.getKey(), () -> new Script().run(c.getValue())));
  }

  /** Carries out the steps of a case on one agent. */
  private static final class Script {
    private static final Pattern CHANGE = Pattern.compile("(.+?)([+-])([0-9.]+)(?:/([0-9.]+))?");
    private static final Pattern BECOMES =
        Pattern.compile("(.+?):([0-9.]+)(?:/([0-9.]+))?>([0-9.]+)(?:/([0-9.]+))?");
    private static final Pattern SETTING = Pattern.compile("([wp])\\((.+)\\)=([0-9.]+)");
    private static final Pattern TOTAL = Pattern.compile("T([0-9.]+)/([0-9.]+)");

    private final Totals totals = new Totals(Set.of());
    private final Sorter<String> sorter = Sorter.byShare(totals);
    private final TreeMap<String, Leaf<String>> leaves = new TreeMap<>();
    private Quantities total = Quantities.NONE;

    void run(String script) {
      for (String line : script.split("\n", -1)) {
        String[] parts = line.split("=>", -1);
        for (String step : words(parts[0])) {
          carryOut(step);
        }
        if (parts.length > 1) {
          assertThat(sorter.order()).as("after '%s'", line.strip()).isEqualTo(words(parts[1]));
        }
      }
    }

    private static List<String> words(String text) {
      return Arrays.stream(text.strip().split("\\s+", -1)).filter(w -> !w.isEmpty()).toList();
    }

    private void carryOut(String step) {
      Matcher change = CHANGE.matcher(step);
      Matcher becomes = BECOMES.matcher(step);
      Matcher setting = SETTING.matcher(step);
      Matcher totalStep = TOTAL.matcher(step);
      if (totalStep.matches()) {
        totals.subtract(total);
        total = resources(totalStep.group(1), totalStep.group(2)).quantities();
        totals.add(total);
      } else if (setting.matches() && setting.group(1).equals("w")) {
        sorter.weigh(setting.group(2), Double.parseDouble(setting.group(3)));
      } else if (setting.matches()) {
        sorter.prioritize(setting.group(2), Integer.parseInt(setting.group(3)));
      } else if (step.startsWith("new:")) {
        leaf(step.substring(4));
      } else if (step.startsWith("rm:")) {
        sorter.remove(leaves.remove(step.substring(3)));
      } else if (step.startsWith("off:")) {
        sorter.deactivate(leaf(step.substring(4)));
      } else if (step.startsWith("on:")) {
        sorter.activate(leaf(step.substring(3)));
      } else if (becomes.matches()) {
        sorter.exchanged(
            leaf(becomes.group(1)),
            "agent",
            resources(becomes.group(2), becomes.group(3)),
            resources(becomes.group(4), becomes.group(5)));
      } else if (change.matches() && change.group(2).equals("+")) {
        Resources more = resources(change.group(3), change.group(4));
        sorter.allocated(leaf(change.group(1)), "agent", more);
      } else if (change.matches()) {
        Resources less = resources(change.group(3), change.group(4));
        sorter.unallocated(leaf(change.group(1)), "agent", less);
      } else {
        throw new IllegalArgumentException("step " + step);
      }
      assertThat(sorter.size()).isEqualTo(leaves.size());
    }

    private Leaf<String> leaf(String path) {
      return leaves.computeIfAbsent(
          path,
          unused -> {
            Leaf<String> leaf = sorter.add(path, path);
            sorter.activate(leaf);
            return leaf;
          });
    }

    private static Resources resources(String cpus, String mem) {
      return Resources.parse("cpus:" + cpus + ";mem:" + (mem == null ? cpus : mem));
    }
  }
}

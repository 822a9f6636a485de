package io.pilothouse.dm.state;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** Names in a sentence: the first of them, and how many more there are. */
final class Named {
  /** More than anybody reads, and few enough for every change of them to be stored. */
  static final int MOST = 20;

  private final List<String> named = new ArrayList<>();
  private int more;

  static String of(Collection<String> names, Function<String, String> word) {
    Named named = new Named();
    named.addAll(names, word);
    return named.toString();
  }

  /** Words are made of those only that are named. */
  Named addAll(Collection<String> names, Function<String, String> word) {
    int left = names.size();
    for (String name : names) {
      if (named.size() >= MOST) {
        break;
      }
      named.add(word.apply(name));
      left--;
    }
    more += left;
    return this;
  }

  Named add(String words) {
    if (named.size() < MOST) {
      named.add(words);
    } else {
      more++;
    }
    return this;
  }

  Named addAll(Named others) {
    others.named.forEach(this::add);
    more += others.more;
    return this;
  }

  int count() {
    return named.size() + more;
  }

  boolean isEmpty() {
    return named.isEmpty();
  }

  @Override
  public String toString() {
    String text = String.join(", ", named);
    return more == 0 ? text : "%s and %s more".formatted(text, more);
  }
}

package io.pilothouse.scheduler.allocator.sorter;

import static java.util.Objects.requireNonNull;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tree of both sorters; how siblings are ordered is {@link Siblings}' matter.
 *
 * <p>A change of one client moves it and those above it, each among its siblings: O(depth × log
 * siblings). Places without an active client are in no order, and cost a pass nothing.
 */
final class Tree<T> implements Sorter<T> {
  private final Totals totals;
  private final Pass<T> pass;
  private final Node<T> root;
  private final TreeMap<String, Double> weights = new TreeMap<>();
  private final TreeMap<String, Integer> priorities = new TreeMap<>();

  private int size;
  private int version;

  Tree(Totals totals, Pass<T> pass) {
    this.totals = totals;
    this.pass = pass;
    this.root = new Node<>("", "", null, pass.siblings());
    this.version = totals.version();
  }

  @Override
  public Leaf<T> add(String path, T client) {
    Node<T> place = root;
    String[] names = path.split("/", -1);
    for (int i = 0; i < names.length - 1; i++) {
      place = placeBelow(place, names[i]);
    }
    String name = names[names.length - 1];
    Node<T> known = place.byName.get(name);
    Node<T> leaf = new Node<>(name, path, client, null);
    if (known == null) {
      configure(leaf);
    } else if (known.isClient() || known.byName.containsKey(Node.SELF)) {
      throw new IllegalArgumentException("client '%s': expected a new path".formatted(path));
    } else {
      leaf.name = Node.SELF;
      place = known;
    }
    attach(place, leaf);
    size++;
    return leaf;
  }

  /** A place that others can be below; a client that is there becomes one of them. */
  private Node<T> placeBelow(Node<T> parent, String name) {
    Node<T> known = parent.byName.get(name);
    if (known != null && !known.isClient()) {
      return known;
    }
    String path = parent == root ? name : parent.path + "/" + name;
    Node<T> place = new Node<>(name, path, null, pass.siblings());
    configure(place);
    if (known == null) {
      attach(parent, place);
      return place;
    }
    place.copyChargesOf(known);
    detach(known);
    attach(parent, place);
    known.name = Node.SELF;
    known.weight = 1;
    known.priority = 0;
    attach(place, known);
    return place;
  }

  @Override
  public void remove(Leaf<T> client) {
    Node<T> leaf = (Node<T>) client;
    for (Node<T> above = leaf.parent; above != null; above = above.parent) {
      boolean out = takeOut(above);
      above.dischargeAllOf(totals, leaf);
      putBack(above, out);
    }
    Node<T> place = parent(leaf);
    detach(leaf);
    size--;
    while (place != root) {
      Node<T> parent = parent(place);
      Node<T> self = place.byName.get(Node.SELF);
      if (place.byName.isEmpty()) {
        detach(place);
      } else if (place.byName.size() == 1 && self != null) {
        collapse(place, self);
      }
      place = parent;
    }
  }

  /** A client that has nobody below it any more is a leaf again. */
  private void collapse(Node<T> place, Node<T> self) {
    Node<T> parent = parent(place);
    detach(self);
    detach(place);
    self.name = place.name;
    self.copyChargesOf(place);
    configure(self);
    attach(parent, self);
  }

  private void configure(Node<T> node) {
    node.weight = weights.getOrDefault(node.path, 1.0);
    node.priority = priorities.getOrDefault(node.path, 0);
  }

  private void attach(Node<T> parent, Node<T> node) {
    node.parent = parent;
    parent.byName.put(node.name, node);
    node.share = weighted(node);
    if (node.servable > 0) {
      order(parent).add(node);
      servable(parent, node.servable);
    }
  }

  private void detach(Node<T> node) {
    Node<T> parent = parent(node);
    parent.byName.remove(node.name);
    node.parent = null;
    if (node.servable > 0) {
      order(parent).remove(node);
      servable(parent, -node.servable);
    }
  }

  /** More or fewer clients can be served here: it and those above come into the order, or leave. */
  private void servable(Node<T> from, int change) {
    for (Node<T> node = from; node != null; node = node.parent) {
      boolean was = node.servable > 0;
      node.servable += change;
      if (node.parent == null || was == node.servable > 0) {
        continue;
      }
      if (was) {
        order(node.parent).remove(node);
      } else {
        order(node.parent).add(node);
      }
    }
  }

  @Override
  public void activate(Leaf<T> client) {
    Node<T> leaf = (Node<T>) client;
    if (leaf.servable == 0) {
      servable(leaf, 1);
    }
  }

  @Override
  public void deactivate(Leaf<T> client) {
    Node<T> leaf = (Node<T>) client;
    if (leaf.servable == 1) {
      servable(leaf, -1);
    }
  }

  @Override
  public void allocated(Leaf<T> client, String agent, Resources resources) {
    for (Node<T> node = (Node<T>) client; node != null; node = node.parent) {
      boolean out = takeOut(node);
      node.charge(totals, agent, resources, 1);
      node.count++;
      putBack(node, out);
    }
  }

  @Override
  public void unallocated(Leaf<T> client, String agent, Resources resources) {
    for (Node<T> node = (Node<T>) client; node != null; node = node.parent) {
      boolean out = takeOut(node);
      node.charge(totals, agent, resources, -1);
      putBack(node, out);
    }
  }

  @Override
  public void exchanged(Leaf<T> client, String agent, Resources from, Resources to) {
    for (Node<T> node = (Node<T>) client; node != null; node = node.parent) {
      boolean out = takeOut(node);
      node.charge(totals, agent, from, -1);
      node.charge(totals, agent, to, 1);
      putBack(node, out);
    }
  }

  @Override
  public void weigh(String path, double weight) {
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          "weight %s of '%s': expected a number above 0".formatted(weight, path));
    }
    weights.put(path, weight);
    Node<T> node = find(path);
    if (node != null) {
      boolean out = takeOut(node, true);
      node.weight = weight;
      putBack(node, out);
    }
  }

  @Override
  public void prioritize(String path, int priority) {
    priorities.put(path, priority);
    Node<T> node = find(path);
    if (node != null) {
      boolean out = takeOut(node, true);
      node.priority = priority;
      putBack(node, out);
    }
  }

  private @Nullable Node<T> find(String path) {
    Node<T> node = root;
    for (String name : path.split("/", -1)) {
      node = node.byName.get(name);
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  /** What orders a node may change between these two. */
  private boolean takeOut(Node<T> node) {
    return takeOut(node, false);
  }

  private boolean takeOut(Node<T> node, boolean weighed) {
    boolean in = node.parent != null && node.servable > 0 && (weighed || pass.followsShares());
    if (in) {
      order(parent(node)).remove(node);
    }
    return in;
  }

  private void putBack(Node<T> node, boolean wasIn) {
    node.share = weighted(node);
    if (wasIn) {
      order(parent(node)).add(node);
    }
  }

  private double weighted(Node<T> node) {
    return totals.shareOfBasis(node.amounts) / node.weight;
  }

  @Override
  public void start() {
    if (totals.version() != version) {
      version = totals.version();
      sortAll();
    }
    pass.start(root);
  }

  @Override
  public @Nullable T next() {
    return pass.next();
  }

  /** Every share has another basis: the one change that costs a sort. */
  private void sortAll() {
    Deque<Node<T>> places = new ArrayDeque<>(List.of(root));
    while (!places.isEmpty()) {
      Node<T> place = places.pop();
      if (place.order instanceof ByShare<T> order) {
        List<Node<T>> servable = new ArrayList<>();
        for (Node<T> node : place.byName.values()) {
          node.share = weighted(node);
          if (node.servable > 0) {
            servable.add(node);
          }
          if (!node.isClient()) {
            places.push(node);
          }
        }
        order.become(servable);
      }
    }
  }

  @Override
  public List<T> order() {
    List<T> result = new ArrayList<>();
    start();
    for (T client = next(); client != null; client = next()) {
      result.add(client);
    }
    return result;
  }

  @Override
  public double share(Leaf<T> client) {
    return totals.share(((Node<T>) client).amounts);
  }

  @Override
  public int size() {
    return size;
  }

  private Node<T> parent(Node<T> node) {
    return requireNonNull(node.parent, "a client that is no longer in this sorter");
  }

  private Siblings<T> order(Node<T> place) {
    return requireNonNull(place.order, "siblings below a client");
  }
}

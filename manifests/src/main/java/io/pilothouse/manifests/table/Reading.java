package io.pilothouse.manifests.table;

import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.util.List;

/**
 * One walk through a document.
 *
 * @param path the keys that lead here, {@code budgets.fleet}; empty at the top
 * @param references names of other objects, to be looked up when all files are read
 */
public record Reading(String path, Problems problems, List<Reference> references) {

  /**
   * A name of another object.
   *
   * @param kind the kind it must be of
   * @param key the field that holds it
   */
  public record Reference(Place place, String key, String kind, String name) {}

  /** The same walk one key deeper. */
  public Reading at(String key) {
    return new Reading(path.isEmpty() ? key : path + "." + key, problems, references);
  }

  /** Adds a problem about the value at this path. */
  public void problem(Place place, String message) {
    problems.add(place, path.isEmpty() ? message : path + ": " + message);
  }

  /** Adds the usual problem: this value is not what was expected. */
  public void wrong(Node node, String expected) {
    problem(node.place(), node.words() + " is not " + expected);
  }

  void refer(Node node, String kind, String name) {
    references.add(new Reference(node.place(), path, kind, name));
  }
}

package io.pilothouse.dm.backtest;

/** What a counterfactual cannot know, each beside the number that it limits. */
final class Limits {

  static final String DIFFERENCES =
      "reports after a changed action did not happen: an action is taken to help when it is at least"
          + " as strong as the one after which the record shows the machine HEALTHY, and choices"
          + " that rest on that are marked (assumed)";

  static final String PEAKS =
      "how long a changed action would have taken is not known: the median of the record is used,"
          + " else the policy's deadlines; rollouts and maintenance are not counted";

  static final String WRONG =
      "whether an error that an action ended would have gone by itself is not known, so wrong"
          + " repairs of that kind are not counted; incidents are taken to be as recorded";

  static final String MISSED =
      "a stronger action at once may or may not have helped sooner: counted is where the record"
          + " shows that DoNothing was followed by one";

  private Limits() {}
}

package dev.whetstone.text.template;

/** What a template can call: a macro, a method of a value, a global function. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments, Budget budget);
}

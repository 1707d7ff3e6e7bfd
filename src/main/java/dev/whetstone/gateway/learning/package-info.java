/**
 * The learning as an operator sees and holds it: {@code /learning} and {@code
 * /preferences/exclusions}. Begin with {@link LearningResource}. Everything is read from tables of
 * {@code preference}, {@code training} and {@code rollout}, so that any gateway answers the same.
 */
@NullMarked
package dev.whetstone.gateway.learning;

import org.jspecify.annotations.NullMarked;

/** The settings of a training run, named as TRL names them. */
@NullMarked
package dev.whetstone.dpo.config;

import org.jspecify.annotations.NullMarked;

"""Names by which configurations say how long a training is to be: epochs, rounds, steps."""

from __future__ import annotations

from typing import Final

from lossreport import regex as re

EPOCH_PLANS: Final = frozenset((
    "epochs", "num_epochs", "n_epochs", "nb_epochs", "num_epoch", "n_epoch", "nepoch", "nepochs", "max_epochs", "max_epoch", "total_epochs", "total_epoch",
    "num_train_epochs", "train_epochs", "training_epochs", "max_num_epochs", "num_training_epochs", "epoch_count",
))  # fmt: skip
AMBIGUOUS_EPOCH_PLANS: Final = frozenset(("n_epochs",))
OF_POLICY: Final = frozenset(
    (
        "gae_lambda",
        "ent_coef",
        "vf_coef",
        "clip_range",
        "n_steps",
        "num_minibatches",
        "ppo_epochs",
        "rollout_steps",
    )
)
"""Beside these `n_epochs` counts the passes over one rollout (PPO of Stable-Baselines3), not those
of the training.
"""
UNSURE_EPOCH_PLANS: Final = frozenset(("epoch",))
"""`--epoch 100` is a plan in most programs, the epoch to go on from in some."""
STEP_PLANS: Final = frozenset((
    "max_steps", "total_steps", "train_steps", "num_train_steps", "max_train_steps", "num_training_steps", "training_steps", "total_training_steps",
    "max_iters", "max_iter", "max_iterations", "num_iterations", "total_iters", "total_iter", "total_iterations", "train_iters", "train_iterations",
    "num_train_iters", "iteration_count", "num_boost_round", "max_update", "max_updates",
))  # fmt: skip
TIMESTEP_PLANS: Final = frozenset(
    (
        "total_timesteps",
        "num_timesteps",
        "max_timesteps",
        "n_timesteps",
        "total_env_steps",
        "total_frames",
    )
)
"""Steps of an environment: a limit of rows that count them, not of updates."""
UNSURE_STEP_PLANS: Final = frozenset((
    "steps", "num_steps", "n_steps", "iterations", "iters", "niters", "n_iters", "n_iter", "num_iters", "n_iterations", "n_estimators",
))  # fmt: skip
"""The steps of the training in one program, those of a rollout, a sampler or a client in
another.
"""
ROUND_PLANS: Final = frozenset((
    "rounds", "num_rounds", "n_rounds", "global_rounds", "num_global_rounds", "communication_rounds", "comm_rounds", "comm_round",
    "num_communication_rounds", "total_rounds", "fl_rounds", "max_rounds", "global_epochs",
))  # fmt: skip
STEPS_DONE: Final = "global_step"
"""The fact by which a trainer's state says how many steps were done, logged or not."""
INNER_PLAN: Final = re.compile(
    r"(?:^|[._/])(?:eval\w*|val\w*|test\w*|warm\w*|sched\w*|lr\w*|early\w*|sampl\w*|diffusion|"
    r"noise|infer\w*|client\w*|local\w*|pretrain\w*"
    r"|finetune\w*|data\w*|env\w*)",
    re.IGNORECASE,
)
"""Parts of a configuration that count something of their own: `eval.max_steps`,
`lr_scheduler.max_epochs`.
"""

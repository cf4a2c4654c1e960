import data
import gymnasium
import stable_baselines3
from stable_baselines3.common.callbacks import BaseCallback

from lossreport.integrations.stable_baselines3 import callback


class End(BaseCallback):
    def _on_step(self):
        if self.num_timesteps == 256 * data.STOP_AT:
            data.maybe_end()
        return data.mode != "early" or self.num_timesteps < 256 * data.STOP_AT


model = stable_baselines3.PPO(
    "MlpPolicy", gymnasium.make("CartPole-v1"), n_steps=256, seed=0, device="cpu"
)
model.learn(256 * 12, callback=[callback(data.folder, timeout=data.TIMEOUT), End()])

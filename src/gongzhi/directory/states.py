"""Which stage of a social enterprise may follow which (社会企业阶段流转)."""

from gongzhi.shared.states import Moves

from .models import SocialEnterprise

Stage = SocialEnterprise.Stage

STAGE_MOVES = Moves(
    {
        Stage.SEED: {Stage.RECOGNIZED},
        Stage.RECOGNIZED: {Stage.RECOGNIZED, Stage.EXPIRED, Stage.REVOKED},
        Stage.EXPIRED: {Stage.RECOGNIZED},
        Stage.REVOKED: {Stage.RECOGNIZED},
    }
)

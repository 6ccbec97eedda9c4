export const zh = {
  app: { name: '闭环', tagline: '预警、派单、处置、核查、复盘,一环不缺', skip: '跳到正文', menu: '导航', home: '回到首页' },
  nav: { wall: '态势', vitals: '体征', desk: '值班台', cases: '案卷', scores: '评价', reviews: '复盘' },
  stage: { sense: '感知', warn: '预警', plan: '预案', dispatch: '派单', supervise: '监督', evaluate: '评价', review: '复盘' },
  strip: {
    title: '闭环七步', sense: '条读数', warn: '条预警在生效', plan: '次预案动作', dispatch: '个任务在办', supervise: '个待核查', evaluate: '次评价发布', review: '份复盘完成',
    back: '复盘的改进回到感知', facts: '事实 {n} 条', hint: '每一步只通过写下事实影响下一步', nowhere: '无数据', overdue: '{n} 超时',
  },
  level: { unknown: '未知', short: '未知', district: '区县', town: '镇街', worst: '最高', legend: '图例', count: '{name}:{n}', noData: '数据中断', title: '等级分布' },
  line: { connecting: '连接中', open: '实时', cut: '连接中断,正在重连', resting: '已暂停', off: '中断' },
  time: { left: '剩 {span}', late: '超 {span}', age: '{span}前', now: '刚刚', none: '无', local: '中心时间', since: '自 {time}', until: '至 {time}', took: '用时 {span}' },
  theme: { dark: '深色', light: '浅色', switch: '切换深浅色' },
  lang: { switch: 'English', label: '切换到英文' },
  demo: { tag: '演示', pause: '暂停', go: '继续', speed: '速度', times: '×{n}', ended: '演示结束', about: '演示时间以 {n} 倍速走', slower: '放慢', faster: '加快' },
  wall: {
    map: '镇街五色图', table: '列表', showMap: '地图', up: '返回上一级', all: '全市', search: '查找', cases: '案卷与任务', open: '未结', overdue: '超时任务', checking: '待核查', closed: '已结', reopened: '重开', flagged: '有标记',
    unsigned: '待签收', working: '处置中', verified: '已核查', response: '响应', noResponse: '没有响应在执行', proposed: '待宣布', declared: '已宣布', warnings: '生效预警', noWarnings: '没有预警',
    duties: '灰色职责', dutiesHint: '数据中断也有人负责', events: '最新动态', noEvents: '还没有动态', notKept: '这一时刻之前的动态不在屏幕上', filter: { all: '全部', warn: '预警', work: '处置', close: '监督' }, towns: '{n} 个镇街', rain: '1 小时雨量', value: '测值', point: '点位', liveOnly: '实时值',
    worstFirst: '等级', place: '地点', parent: '所属', loadingMap: '正在读地图', jump: '在地图上看',
  },
  data: {
    title: '数据', newest: '最新读数', age: '数据新旧', readings: '读数', series: '序列', silent: '中断', stale: '数据陈旧', origin: '数据来源', synthetic: '镇街边界为示意', kinds: { real: '实测', 'laid-over': '移置', simulated: '推算', synthetic: '生成' },
    fresh: '正常', ageOf: '数据 {span}前', frozen: '回放时刻', none: '尚无读数',
  },
  replay: { title: '回放', play: '播放', pause: '暂停', live: '回到实时', at: '回放 {time}', slider: '回放时刻', loading: '读取回放', empty: '暂无可回放的数据', copy: '复制定格链接', copied: '链接已复制', hint: '拖动即看当时' },
  desk: {
    title: '值班台', take: '上岗值班', leave: '离岗', post: '岗位', youAre: '你在岗', notYou: '你不在这个岗位,只能查看', readOnly: '只读', queue: '待办', watching: '在盯', empty: '没有待办。可以喘口气。', watchingEmpty: '没有在等别的单位。', overdue: '超时', doneToday: '今日已办', left: '剩余',
    pick: '选择单位', search: '输入单位名称、拼音或代码', choose: '选一条待办', kinds: { task: '任务', check: '核查', proposal: '待宣布' }, escalated: '已升级', holder: '持有', openCase: '打开案卷', sent: '已提交', taking: '正在上岗', level: '等级', state: '状态', departments: '部门', busy: '正等着办事的值班台', busyHint: '点一个去上岗', cases: '{n} 件', below: '下级',
  },
  act: { text: '说明', count: '数量', position: '位置', photo: '照片', usePosition: '用当前位置', lon: '经度', lat: '纬度', send: '提交', cancel: '取消', sending: '提交中', positionFailed: '取不到位置:{why}', positionGot: '已取位置', must: '请填写{what}', photoLater: '照片请在现场端上传', reason: '原因', again: '再试' },
  clock: { sign: '签收', arrive: '到场', done: '完成', check: '核查', answer: '答复', met: '{time} 完成', due: '{time} 到期', lateBy: '超 {span}', planned: '限 {span}', took: '用 {span}' },
  state: { sent: '待签收', signed: '已签收', arrived: '已到场', claimed: '报完成待核查', verified: '已核查', released: '已解除', returned: '已退回', 'sent-back': '被打回', proposed: '待宣布', open: '未结', closed: '已结', declared: '已宣布', done: '完成', now: '进行中', waiting: '未到' },
  case: {
    title: '案卷', holder: '持有单位', opened: '立案', closed: '结案', indicator: '起因指标', green: '指标已回到正常', notGreen: '指标仍在{level}', missing: '离结案还差', nothing: '不差什么,可以结案', isClosed: '已结案', tasks: '任务', step: '步骤', unit: '单位', state: '状态', clocks: '时钟', proof: '证明', verifier: '核查', flags: '标记',
    chain: '从读数到评价', chainHint: '每一环都是一条事实,点编号看依据', because: '依据', timeline: '时间线', series: '起因曲线', review: '看复盘', why: '匹配的预案', notMatched: '没有匹配的', reopenedTimes: '重开 {n} 次', flagsNote: '标记不指责任何人,只提醒核查的人多看一眼', noFlags: '没有标记', noProof: '尚无', verifiedBy: '{unit} 已核查', willVerify: '由 {unit} 核查', escalatedTo: '已升级到 {unit}', ribbon: '七步进度', actor: '经手', rule: '规则', onlyHere: '不在本案链上',
    waits: '等指标恢复正常', list: '案卷列表', noCases: '没有案卷', next: '下一步', all: '全部', tasksDone: '{n}/{m} 已核查', export: '导出 CSV', back: '返回', expand: '展开', less: '收起', at: '时间', link: '环节', position: '位置', photoOf: '照片', showAll: '显示全部 {n} 条', frozen: '该时刻的链接',
  },
  flag: { 'claimed-at-once': '签收后很快报完成', 'no-proof': '没有证明', 'same-photo': '照片与以前相同' },
  chart: { value: '读数', window: { sum: '{over} 累计', mean: '{over} 平均', max: '{over} 最大', min: '{over} 最小', delta: '{over} 变化' }, source: '阈值出处', origin: '数据', none: '没有读数', level: '等级变化', table: '看数据', threshold: '{level}阈值 {value}', rung: '看这一级的窗口', raw: '原始读数' },
  review: { title: '复盘', planned: '预案', actual: '实际', conformance: '按预案完成', peak: '最高等级', lasted: '历时', firstDispatch: '预警到派单', medianSign: '签收中位数', held: '对照预案', improvements: '改进事项', noImprovements: '没有改进事项', sign: '签收', done: '完成', verdict: '结论', none: '还没有复盘', list: '复盘列表', openCase: '看案卷', notHappened: '没有发生', by: '晚 {span}', 
    verdicts: { 'as-planned': '按预案', late: '晚了', 'sent-back': '被打回', released: '已解除', 'not-done': '未完成' } },
  score: { title: '评价', rank: '名次', unit: '单位', score: '得分', parts: '分项', cases: '案卷', none: '还没有发布评价', noData: '无数据', formula: '得分 = 有数据的分项按权重平均;0/0 记为无数据,不加分也不扣分', fact: '依据', published: '统计期', weight: '权重 {n}', of: '{n}/{m}', points: '{n} 分', show: '看分项与案卷', behind: '背后的案卷', noCases: '没有案卷', level: '五色', contribution: '计 {n} 分' },
  vitals: {
    title: '体征', matrix: '各地各板块的五色评价', total: '合计', headings: '板块、跑道、子跑道', tree: '按哪棵树汇总', trees: { duty: '职责', division: '区划' }, treeHint: { duty: '开发区的镇街计入开发区', division: '镇街一律计入所在行政区' },
    indicators: '{n} 项指标', none: '无指标', notMeasured: '没有指标', known: '已知 {n}/{m}', lifted: '均值更轻,最差序列为{level}', worse: '最差序列为{level}', sortBy: '按{name}排序', howPoints: '格子里的数是平均扣分,怎么算的', unmeasured: '{n} 个没有指标:', noneBelow: '下一级没有测点。点上面的格子,一直看到指标', nothing: '这里没有任何指标',
    inputs: '计入的序列', excluded: '未计入的序列', firstOf: '只列出 {m} 个中的前 {n} 个', meanPoints: '平均扣分 {n}', worstIs: ',最差序列', noValue: '没有合计值',
  },
  period: {
    title: '同比与环比', day: '日', week: '周', month: '月', year: '年', sides: { this: '本期至今', last: '上期同样长', year: '去年同期' }, none: '没有读数', coverage: '覆盖 {share} · {n} 条读数 · {s}/{m} 个序列', both: '两期都有数据的 {n} 个序列', notComparable: '两期没有共同的序列,不比',
  },
  keys: { title: '快捷键', move: '下一条 / 上一条', sign: '签收', main: '做下一步', reject: '退回、打回或不启动', table: '地图 / 列表', replay: '打开回放', playPause: '播放 / 暂停', step: '前后一帧', up: '上一级 / 关闭', help: '快捷键', palette: '查找单位与案卷', open: '打开案卷', everywhere: '到处', onWall: '态势', onVitals: '体征', cells: '在格子间移动', openCell: '往下一层看', onDesk: '值班台' },
  palette: { title: '查找', hint: '区县、镇街、案卷,中文、拼音或代码', none: '没有找到', unit: '单位', case: '案卷', page: '页面' },
  trouble: { title: '出了点问题', where: '位置', remedy: '怎么办', retry: '重试', offline: '连不上服务。请检查网络,会自动重试。', notFound: '没有这个页面' , noUnit: '没有这个单位' },
  common: { close: '关闭', more: '更多', loading: '读取中', none: '无', copy: '复制', yes: '是', no: '否', synthetic: '示意' },
}

export type Messages = typeof zh
